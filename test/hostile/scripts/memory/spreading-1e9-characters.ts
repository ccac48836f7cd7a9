// outcome: E | K | M | T – spreading 1e9 characters; row 28
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[...'.'.repeat(2 ** 28)]
  },
})
