// outcome: K | T – setting 2 million numbers from bytes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = new Float64Array(2e6),
      b = new Uint8Array(2e6)
    for (;;) a.set(b)
  },
})
