// outcome: T | K | M – sets of sets
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const s = new Set(Array.from({ length: 1e6 }, (_, n) => n))
    for (;;) s.union(s).symmetricDifference(s)
  },
})
