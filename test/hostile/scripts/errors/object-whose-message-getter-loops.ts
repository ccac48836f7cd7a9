// outcome: E – object whose message getter loops; row 6
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw {
      get message() {
        for (;;);
      },
    }
  },
})
