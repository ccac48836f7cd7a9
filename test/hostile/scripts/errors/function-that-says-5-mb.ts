// outcome: E – function that says 5 MB; row 50
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw Object.assign(() => {}, { toString: () => 'x'.repeat(5e6) })
  },
})
