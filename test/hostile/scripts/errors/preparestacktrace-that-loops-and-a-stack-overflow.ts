// outcome: E – prepareStackTrace that loops, and a stack overflow; row 10
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    try {
      Error.prepareStackTrace = () => {
        for (;;);
      }
    } catch {}
    const f = () => f()
    f()
  },
})
