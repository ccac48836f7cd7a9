// outcome: E | T | K | M – error of 50 MB; row 50
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw new Error('x'.repeat(5e7))
  },
})
