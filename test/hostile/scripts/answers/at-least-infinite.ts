// outcome: V – atLeast of Infinity
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { noop: true, atLeast: Infinity }
  },
})
