// outcome: V – arguments that are returned
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return (function () {
      return arguments
    })(1)
  },
})
