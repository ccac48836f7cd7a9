// outcome: T | E – regular expression over 1 MB; row 14
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) /(.*)*x{2,}$/.test('ab'.repeat(5e5))
  },
})
