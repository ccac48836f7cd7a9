// outcome: E | T – JSON nested deeply; row 20
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    JSON.parse('['.repeat(1e5))
    JSON.parse('['.repeat(1e6))
  },
})
