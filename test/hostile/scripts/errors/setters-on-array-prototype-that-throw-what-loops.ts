// outcome: E – setters on Array.prototype that throw what loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (let n = 0; n < 12; n++)
      Object.defineProperty(Array.prototype, n, {
        set() {
          throw {
            get message() {
              for (;;);
            },
          }
        },
      })
    for (let n = 0; n < 20; n++) conn.log(n)
    throw 1
  },
})
