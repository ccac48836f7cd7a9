// outcome: E | M | T – many small arrays; row 25
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push(new Uint8Array(1e5))
  },
})
