// outcome: T | K | M – a WeakMap each value of which is the next key: slow to collect
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const w = new WeakMap()
    let k = {}
    globalThis.first = k
    for (let n = 0; n < 3e4; n++) {
      const next = {}
      w.set(k, next)
      k = next
    }
    for (;;) new Array(1e4)
  },
})
