// outcome: T | E – yield* nested 1,000 deep, for ever
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    function* g(n) {
      if (n > 0) yield* g(n - 1)
      else for (;;) yield 1
    }
    for (const x of g(1000));
  },
})
