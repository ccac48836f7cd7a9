// outcome: K | T | E – a regular expression of quantifiers nested 20,000 deep
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;)
      try {
        new RegExp('('.repeat(2e4) + 'a' + ')*'.repeat(2e4)).test('a')
      } catch {}
  },
})
