// outcome: T | K | M – classes with private and static fields
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;)
      a.push(
        class {
          #x = 1
          static #y = 2
          z = 3
          get w() {
            return this.#x
          }
        },
      )
  },
})
