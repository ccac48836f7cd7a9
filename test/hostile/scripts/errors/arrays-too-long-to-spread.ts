// outcome: E – Math.max with 2^32 arguments
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Math.max.apply(null, { length: 2 ** 32 })
  },
})
