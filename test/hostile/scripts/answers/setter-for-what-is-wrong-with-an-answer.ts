// outcome: V – setter for what is wrong with an answer
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.defineProperty(Object.prototype, 'message', {
      set(v) {
        this.own = v
      },
      get() {
        return {
          toJSON() {
            for (;;);
          },
        }
      },
      configurable: true,
    })
    return 5
  },
})
