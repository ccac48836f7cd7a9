// outcome: T | K – logging where there is no stack left
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const f = () => {
      try {
        f()
      } catch {
        conn.log('x', { a: 1 })
      }
    }
    for (;;) f()
  },
})
