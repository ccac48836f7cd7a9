// outcome: N – 65,536 bytes
// gets: /^x{65536}$/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: new Uint8Array(65_536).fill(120) }
  },
})
