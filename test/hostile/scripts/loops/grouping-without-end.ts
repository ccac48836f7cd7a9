// outcome: T | M | K – Object.groupBy of an endless generator
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.groupBy(
      (function* () {
        let n = 0
        for (;;) yield n++
      })(),
      (x) => x,
    )
  },
})
