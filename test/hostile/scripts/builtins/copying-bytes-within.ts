// outcome: K | T – copyWithin of 30 MB for ever
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = new Uint8Array(3e7)
    for (;;) a.copyWithin(1, 0)
  },
})
