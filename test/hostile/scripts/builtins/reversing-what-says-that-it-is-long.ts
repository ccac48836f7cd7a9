// outcome: K – reversing what says that it is long
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].reverse.call({ length: 2 ** 53 - 1 })
  },
})
