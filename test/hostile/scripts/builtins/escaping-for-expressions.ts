// outcome: K | T | M – RegExp.escape of 30 million characters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) RegExp.escape('\u2028'.repeat(3e7))
  },
})
