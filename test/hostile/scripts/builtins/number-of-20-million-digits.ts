// outcome: K | T | M – parseFloat of 20 million digits
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) parseFloat('1'.repeat(2e7))
  },
})
