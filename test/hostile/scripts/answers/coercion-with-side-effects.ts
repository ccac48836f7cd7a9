// outcome: V – coercion with side effects; row 39
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return {
      remote: {
        toString() {
          for (;;);
        },
        valueOf() {
          for (;;);
        },
        [Symbol.toPrimitive]() {
          for (;;);
        },
      },
    }
  },
})
