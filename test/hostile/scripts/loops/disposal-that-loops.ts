// outcome: T – using a value whose disposal loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    {
      using x = {
        [Symbol.dispose]() {
          for (;;);
        },
      }
    }
  },
})
