// outcome: T | K | M | E – slices of 10 MB
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = new Uint8Array(1e7)
    for (;;) a.slice()
  },
})
