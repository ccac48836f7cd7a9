// outcome: K | T | M | E – encodeURIComponent of 10 million characters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) encodeURIComponent('\u1234'.repeat(1e7))
  },
})
