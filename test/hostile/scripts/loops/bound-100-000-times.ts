// outcome: T | E – a function bound 100,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let f = () => 1
    for (let n = 0; n < 1e5; n++) f = f.bind()
    for (;;)
      try {
        f()
      } catch {}
  },
})
