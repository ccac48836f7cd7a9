// outcome: V – bytes of 1 MB; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: new Uint8Array(1e6) }
  },
})
