// outcome: T | K | M – generators that were begun and are kept
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    function* g() {
      yield 1
    }
    for (;;) {
      const i = g()
      i.next()
      a.push(i)
    }
  },
})
