// outcome: T – an endless generator of which 2^53 - 1 are dropped
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;(function* () {
      for (;;) yield 1
    })()
      .drop(2 ** 53 - 1)
      .next()
  },
})
