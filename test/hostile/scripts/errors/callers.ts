// outcome: E – callers; row 45
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: arguments.callee.caller.name }
  },
})
