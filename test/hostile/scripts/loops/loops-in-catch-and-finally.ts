// outcome: T – loops in catch and finally; row 3
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;)
      try {
        for (;;);
      } catch {
        for (;;);
      } finally {
        for (;;);
      }
  },
})
