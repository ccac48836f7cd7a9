// outcome: T – error whose message’s toString loops (its own Error is read inside the timed call, so that the author sees the message); row 9
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const e = new Error()
    e.message = {
      toString() {
        for (;;);
      },
    }
    throw e
  },
})
