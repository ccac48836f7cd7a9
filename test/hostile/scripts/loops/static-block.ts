// outcome: T – a static block of a class that loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    class A {
      static {
        for (;;);
      }
    }
  },
})
