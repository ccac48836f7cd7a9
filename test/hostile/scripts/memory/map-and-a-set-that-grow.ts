// outcome: T | K | M – Map and a Set that grow; row 27
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const m = new Map(),
      s = new Set()
    for (let n = 0; ; n++) {
      m.set(n, { n })
      s.add({ n })
    }
  },
})
