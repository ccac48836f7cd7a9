// outcome: K – every with a builtin as its test
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].every.call({ length: 2 ** 53 - 1 }, isNaN)
  },
})
