// outcome: K | T | M | E – each of 100,000 matches replaced by all that stands before it
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) 'a'.repeat(1e5).replaceAll('a', '$`')
  },
})
