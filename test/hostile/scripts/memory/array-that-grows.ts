// outcome: T | K | M – array that grows; row 27
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push({ a })
  },
})
