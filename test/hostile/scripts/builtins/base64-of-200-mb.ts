// outcome: K | T | M | E – Uint8Array.fromBase64 of 2^28 letters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;)
      try {
        Uint8Array.fromBase64('A'.repeat(2 ** 28))
      } catch {}
  },
})
