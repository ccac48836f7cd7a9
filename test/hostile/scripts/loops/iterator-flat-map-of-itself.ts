// outcome: T | E – flatMap that calls itself
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[1]
      .values()
      .flatMap(function* f() {
        yield* [1].values().flatMap(f)
      })
      .next()
  },
})
