// outcome: T | K | M | E – normalizing 10 MB; row 55
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) 'é'.repeat(1e7).normalize('NFD')
  },
})
