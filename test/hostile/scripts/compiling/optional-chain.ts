// outcome: N | R – optional chaining, 20,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = { a: undefined }
;a«?.a × 20000»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
