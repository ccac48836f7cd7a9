// outcome: T | K | M – reading ever new long names
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const o = {}
    for (let n = 0; ; n++) o['x'.repeat(1e3) + n]
  },
})
