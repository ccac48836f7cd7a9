// outcome: K | T | E | M – 100,000 alternatives
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new RegExp(Array.from({ length: 1e5 }, (_, n) => 'w' + n).join('|')).test('x')
  },
})
