// outcome: E – Array.fromAsync
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Array.fromAsync([1])
  },
})
