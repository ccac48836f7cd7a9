// outcome: T – iterator helper that never ends
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Array.from({ length: 1 }).values().constructor
    const forever = (function* () {
      for (;;) yield 1
    })()
    forever.drop(Infinity).next()
  },
})
