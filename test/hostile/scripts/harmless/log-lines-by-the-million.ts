// outcome: N – more lines than are kept, each longer than is kept
// says: /were dropped/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (let n = 0; n < 100; n++) conn.log('x'.repeat(1e3), n)
    return { close: 'answered' }
  },
})
