// outcome: T | K | M | E – JSON that is six times as long as what it says
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const s = '\0'.repeat(1e5)
    for (;;) JSON.stringify(Array.from({ length: 300 }, () => s))
  },
})
