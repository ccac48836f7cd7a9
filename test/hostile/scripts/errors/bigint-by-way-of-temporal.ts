// outcome: E – BigInt by way of Temporal; row 15
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: String(new Date(0).toTemporalInstant().epochNanoseconds ** 9) }
  },
})
