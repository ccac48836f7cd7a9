// outcome: T – a finally that loops when a for…of is left
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    function* g() {
      try {
        yield 1
      } finally {
        for (;;);
      }
    }
    for (const x of g()) break
  },
})
