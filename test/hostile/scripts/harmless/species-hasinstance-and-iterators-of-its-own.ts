// outcome: N – species, hasInstance and iterators of its own; row 40
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.defineProperty(Array, Symbol.species, {
      get() {
        throw 1
      },
    })
    Array.prototype[Symbol.iterator] = () => {
      throw 2
    }
    Object.defineProperty(Error, Symbol.hasInstance, { value: () => true })
    Object.defineProperty(Uint8Array, Symbol.species, { value: Float64Array })
    String.prototype[Symbol.iterator] = null
    return { close: 'answered' }
  },
})
