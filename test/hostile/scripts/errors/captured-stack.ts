// outcome: E – Error.captureStackTrace
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Error.captureStackTrace({})
  },
})
