// outcome: E | M | K | T – a megabyte at a time
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push(new Uint8Array(2 ** 20))
  },
})
