// outcome: V | T – 1e5 keys; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return Object.fromEntries(Array.from({ length: 1e5 }, (_, n) => [n, n]))
  },
})
