// outcome: T | K – Math.max with 60,000 arguments for ever
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) Math.max.apply(null, { length: 60_000 })
  },
})
