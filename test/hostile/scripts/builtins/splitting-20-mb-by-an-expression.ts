// outcome: K | T | M – splitting 20 MB by an expression that matches everywhere
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) 'a'.repeat(2e7).split(/(?:)/)
  },
})
