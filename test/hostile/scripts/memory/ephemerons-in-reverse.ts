// outcome: T | K | M – thousands of WeakMaps that keep each other
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const ws = []
    let k = {}
    globalThis.first = k
    for (let n = 0; n < 2e4; n++) {
      const w = new WeakMap()
      const v = {}
      w.set(k, v)
      ws.push(w)
      k = v
    }
    for (;;) ws.toReversed()
  },
})
