// outcome: K – unshift on a length of 2^53 - 2
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].unshift.call({ length: 2 ** 53 - 2 }, 1)
  },
})
