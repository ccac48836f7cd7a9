// outcome: E – object whose message’s toString loops; row 9
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw {
      message: {
        toString() {
          for (;;);
        },
      },
    }
  },
})
