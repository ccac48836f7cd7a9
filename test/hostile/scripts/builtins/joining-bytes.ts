// outcome: K | T | M – joining 20 million bytes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new Uint8Array(2e7).join('')
  },
})
