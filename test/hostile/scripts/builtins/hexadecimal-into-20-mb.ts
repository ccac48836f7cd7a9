// outcome: K | T | M | E – setFromHex into an array of 20 MB
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;)
      try {
        new Uint8Array(2e7).setFromHex('0'.repeat(4e7))
      } catch {}
  },
})
