// outcome: T – logging for ever
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) conn.log('x'.repeat(1e4), { a: [1] })
  },
})
