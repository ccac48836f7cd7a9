// outcome: K | T | E | M – a class of 50,000 strings
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new RegExp('[\\q{' + Array.from({ length: 5e4 }, (_, n) => 'a' + n).join('|') + '}]', 'v').test('x')
  },
})
