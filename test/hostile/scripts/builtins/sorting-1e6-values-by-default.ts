// outcome: T | K | M – sorting 1e6 values by default; row 17
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) Array.from({ length: 1e6 }, (_, n) => -n).sort()
  },
})
