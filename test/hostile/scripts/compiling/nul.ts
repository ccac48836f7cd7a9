// outcome: R – NUL characters in the source
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = 1 «\x00 × 3»
a

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
