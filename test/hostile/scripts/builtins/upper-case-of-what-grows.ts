// outcome: K | T | M – toUpperCase of characters that become three
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) '\u0390'.repeat(3e6).toUpperCase()
  },
})
