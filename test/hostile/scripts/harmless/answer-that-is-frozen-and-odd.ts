// outcome: N – an answer with symbols, accessors and keys that are not defined
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return Object.freeze({
      get close() {
        return 'answered'
      },
      remote: undefined,
      [Symbol.toPrimitive]() {
        for (;;);
      },
    })
  },
})
