// outcome: T – Array.from of an endless iterable that drops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (const x of (function* () {
      for (;;) yield 1
    })());
  },
})
