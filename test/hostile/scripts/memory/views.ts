// outcome: T | K | M | E – a DataView on a small array at a time
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push(new DataView(new Uint8Array(64).buffer))
  },
})
