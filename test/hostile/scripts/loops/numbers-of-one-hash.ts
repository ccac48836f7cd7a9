// outcome: T | M | K – a Map of keys that are far apart
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const m = new Map()
    for (let n = 0; ; n++) m.set(n * 2 ** 20, n)
  },
})
