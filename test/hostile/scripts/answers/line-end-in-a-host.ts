// outcome: V – line end in a host; row 37
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: 'a\r\nb:1' }
  },
})
