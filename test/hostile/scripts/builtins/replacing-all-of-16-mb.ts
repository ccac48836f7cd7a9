// outcome: K | M | E | T – replacing all of 16 MB; row 18
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    'x'.repeat(1 << 24).replaceAll('x', 'yy')
  },
})
