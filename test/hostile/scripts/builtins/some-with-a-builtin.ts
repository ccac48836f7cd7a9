// outcome: K – some with a builtin as its test: no JavaScript runs that could be stopped
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].some.call({ length: 2 ** 53 - 1 }, Boolean)
  },
})
