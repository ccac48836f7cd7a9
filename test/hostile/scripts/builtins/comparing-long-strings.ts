// outcome: K | T – comparing strings of 10 MB
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = 'x'.repeat(1e7),
      b = 'x'.repeat(1e7)
    for (;;) a < b
  },
})
