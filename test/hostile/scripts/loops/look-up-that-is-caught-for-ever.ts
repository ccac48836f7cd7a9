// outcome: T – catching what unwinds a look-up, and looking up again
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;)
      try {
        conn.lookup('table', 'key')
      } catch {}
  },
})
