// outcome: V – an array of bytes as close
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: [65, 66] }
  },
})
