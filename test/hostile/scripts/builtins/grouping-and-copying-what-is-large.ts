// outcome: T | K | M – grouping and copying what is large
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = Array.from({ length: 1e6 }, (_, n) => n)
    for (;;) Map.groupBy(a, (n) => n % 7), a.toSorted(), a.toSpliced(0, 1)
  },
})
