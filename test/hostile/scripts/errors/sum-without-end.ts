// outcome: E | T – Math.sumPrecise of an endless generator, where V8 has it
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Math.sumPrecise(
      (function* () {
        for (;;) yield 1
      })(),
    )
  },
})
