// outcome: T | E – 1,000 disposals that throw long errors, each suppressing the one before
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const f = (n) => {
      using x = {
        [Symbol.dispose]() {
          throw new Error('x'.repeat(1e5))
        },
      }
      if (n > 0) f(n - 1)
    }
    for (;;)
      try {
        f(1000)
      } catch {}
  },
})
