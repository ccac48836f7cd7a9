// outcome: T | K | M | E – pushing 65,000 elements at a time
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push.apply(a, { length: 65_000 })
  },
})
