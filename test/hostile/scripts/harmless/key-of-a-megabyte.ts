// outcome: N – a look-up with a key of 1 MB, which no table has
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: conn.lookup('table', 'k'.repeat(1e6)) ?? 'answered' }
  },
})
