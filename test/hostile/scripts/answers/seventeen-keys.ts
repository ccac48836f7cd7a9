// outcome: V – an answer of seventeen keys that are not defined
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return Object.fromEntries(Array.from({ length: 17 }, (_, n) => ['k' + n]))
  },
})
