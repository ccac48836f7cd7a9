// outcome: T – getter of its answer loops (values are read inside the timed call, where a getter is the author’s affair); row 36
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return {
      get close() {
        for (;;);
      },
    }
  },
})
