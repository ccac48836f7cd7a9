// outcome: M | K | T | E – toHex of 8 MB, kept: strings outside of the heap
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = [],
      b = new Uint8Array(8e6)
    for (;;) a.push(b.toHex())
  },
})
