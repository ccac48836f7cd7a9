// outcome: K | T | M – escaping 10 million quotes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) '"'.repeat(1e7).anchor('"'.repeat(1e7))
  },
})
