// outcome: T | K | M | E – regular expression that is large to compile
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new RegExp('(?:' + '[a-z&&[b-y]]{1,99}'.repeat(900) + ')*', 'v').test('b'.repeat(1e4))
  },
})
