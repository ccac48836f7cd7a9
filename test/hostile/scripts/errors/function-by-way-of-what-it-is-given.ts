// outcome: E – Function by way of what it is given; row 45
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: String(conn.lookup.constructor('return 1')()) }
  },
})
