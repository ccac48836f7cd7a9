// outcome: E – object whose every part loops; row 8
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw {
      get stack() {
        for (;;);
      },
      get name() {
        for (;;);
      },
      [Symbol.toPrimitive]() {
        for (;;);
      },
    }
  },
})
