// outcome: T | M | K – an AggregateError of an endless generator
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw new AggregateError(
      (function* () {
        for (;;) yield 1
      })(),
    )
  },
})
