// outcome: K | T | M – NFKC of a million times U+FDFA, which becomes 18 characters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    '\ufdfa'.repeat(1e6).normalize('NFKC')
  },
})
