// outcome: V – three texts of 65,536 characters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const x = 'x'.repeat(65_536)
    return { remote: x, data: x, reply: x }
  },
})
