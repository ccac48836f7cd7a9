// outcome: T | K | M – collecting an endless generator
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;(function* () {
      for (;;) yield {}
    })().toArray()
  },
})
