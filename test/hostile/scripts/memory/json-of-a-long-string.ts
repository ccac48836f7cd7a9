// outcome: K | T | M | E – JSON of a string of 120 MB, there and back
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const s = JSON.stringify('x'.repeat(1.2e8))
    const a = []
    for (;;) a.push(JSON.parse(s))
  },
})
