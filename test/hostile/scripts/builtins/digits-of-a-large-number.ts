// outcome: T | K – toString with a radix, and toFixed, again and again
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) (1.1e300).toString(7) + (1.1e20).toFixed(100)
  },
})
