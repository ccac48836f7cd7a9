// outcome: T | K | M – Symbol.for with ever new names
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (let n = 0; ; n++) Symbol.for('x'.repeat(1e3) + n)
  },
})
