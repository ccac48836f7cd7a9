// outcome: T | K | M | E – Array.from of a length of 1e9; row 16
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Array.from({ length: 1e9 })
  },
})
