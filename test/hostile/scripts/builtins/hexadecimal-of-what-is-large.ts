// outcome: T | K | M | E – hexadecimal of what is large
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const b = new Uint8Array(4e6)
    for (;;) Uint8Array.fromHex(b.toHex())
  },
})
