// outcome: N – text that would close the function that a bundle stands in
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = '}); globalThis.evil = 1; (function () {'
const b = `\n})()\n`
a + b

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
