// outcome: T | K | M | E – short pieces that keep long strings
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (let n = 0; ; n++) a.push(/.*/s.exec('é'.repeat(1e6) + n)[0].slice(5, 30))
  },
})
