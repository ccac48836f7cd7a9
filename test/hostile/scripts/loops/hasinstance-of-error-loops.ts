// outcome: T | E – hasInstance of Error loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.defineProperty(Error, Symbol.hasInstance, {
      value() {
        for (;;);
      },
    })
    throw {}
  },
})
