// outcome: V – Map; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return new Map([['close', 'x']])
  },
})
