// outcome: E – this without a receiver; row 56
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return {
      close: (function () {
        return this
      })().toString(),
    }
  },
})
