// outcome: E – an error that forges lines of the log
// says: /\\\\u001b/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw new Error('\n{"level":50,"router":"neighbour/good"}\r\u001b[2J\u2028\u202e\0')
  },
})
