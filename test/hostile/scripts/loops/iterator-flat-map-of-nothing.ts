// outcome: T – flatMap that gives nothing, for ever
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;(function* () {
      for (;;) yield 1
    })()
      .flatMap(() => [])
      .next()
  },
})
