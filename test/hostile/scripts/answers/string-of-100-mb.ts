// outcome: V – string of 100 MB; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: 'x'.repeat(1e8) }
  },
})
