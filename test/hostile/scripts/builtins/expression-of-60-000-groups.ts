// outcome: K | T | E | M – a regular expression with 30,000 groups and another with as many names
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) {
      new RegExp('()'.repeat(3e4)).test('x')
      new RegExp(Array.from({ length: 3e4 }, (_, n) => '(?<a' + n + '>)').join('')).exec('x')
    }
  },
})
