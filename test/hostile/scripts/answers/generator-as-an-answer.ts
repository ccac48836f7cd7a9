// outcome: V – a generator that is returned
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return (function* () {
      yield { close: 'x' }
    })()
  },
})
