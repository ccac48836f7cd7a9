// outcome: T | K – Date.parse of nested parentheses
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) Date.parse('('.repeat(1e5))
  },
})
