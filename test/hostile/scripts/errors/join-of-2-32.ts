// outcome: E – joining 2^32 elements
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].join.call({ length: 2 ** 32 })
  },
})
