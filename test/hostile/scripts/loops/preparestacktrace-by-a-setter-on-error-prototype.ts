// outcome: T – prepareStackTrace, by a setter on Error.prototype; row 10
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.defineProperty(Error.prototype, 'prepareStackTrace', {
      set() {
        for (;;);
      },
    })
    Error.prototype.prepareStackTrace = 1
  },
})
