// outcome: K | M | E | T – padding to 2^28; row 18
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    'x'.padEnd(2 ** 28, 'y').charCodeAt(5)
  },
})
