// outcome: T | K | M | E – 16 MiB at a time, and forgotten
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new Uint8Array(2 ** 24)
  },
})
