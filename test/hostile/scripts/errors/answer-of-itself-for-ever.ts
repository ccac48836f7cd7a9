// outcome: E – a private brand that an answer does not have
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    class A {
      #x = 1
      get close() {
        return this.#x
      }
    }
    return { close: new A().close, noop: A.prototype.close }
  },
})
