// outcome: N – a class of its own for bytes, with an iterator that loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    class B extends Uint8Array {
      *[Symbol.iterator]() {
        for (;;);
      }
      get length() {
        return 5
      }
    }
    return { close: new B([97, 110, 115, 119, 101, 114, 101, 100]) }
  },
})
