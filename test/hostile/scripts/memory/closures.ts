// outcome: T | K | M – functions that keep each other
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let f = () => 1
    for (;;) {
      const g = f
      f = () => g()
    }
  },
})
