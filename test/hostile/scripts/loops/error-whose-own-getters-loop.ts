// outcome: T – error whose own getters loop (as row 9); row 7
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const e = new Error()
    Object.defineProperty(e, 'stack', {
      get() {
        for (;;);
      },
    })
    throw e
  },
})
