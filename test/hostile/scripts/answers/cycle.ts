// outcome: V – cycle; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = { close: undefined }
    a.close = a
    return a
  },
})
