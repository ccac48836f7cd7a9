// outcome: E | T – symbol of 5 MB; row 50
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw Symbol('x'.repeat(5e6))
  },
})
