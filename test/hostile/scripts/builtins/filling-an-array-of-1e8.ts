// outcome: K | M | E – filling an array of 1e8; row 16
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    new Array(1e8).fill(0)
  },
})
