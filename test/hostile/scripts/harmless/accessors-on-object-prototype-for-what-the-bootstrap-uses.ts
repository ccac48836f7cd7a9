// outcome: N – accessors on Object.prototype for what the bootstrap uses; row 33
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (const key of ['answer', 'log', 'lookup', 'failed', 'close', 'get', 'set', 'value', 'lookups', 'event'])
      Object.defineProperty(Object.prototype, key, {
        get() {
          return 'evil'
        },
        set() {
          throw 1
        },
        configurable: true,
        __proto__: null,
      })
    return Object.defineProperty({}, 'close', { __proto__: null, value: 'answered', enumerable: true })
  },
})
