// outcome: K | M | E – with on a length of 2^32 - 1
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].with.call({ length: 2 ** 32 - 1 }, 0, 0)
  },
})
