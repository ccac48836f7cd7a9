// outcome: K | T | M – ever more keys of a WeakMap that live: slow to collect
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const keys = [],
      w = new WeakMap()
    for (;;) {
      const k = {}
      keys.push(k)
      w.set(k, {})
    }
  },
})
