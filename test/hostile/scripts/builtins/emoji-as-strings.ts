// outcome: K | T | E | M – all emoji as a class of strings, 300 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new RegExp('\\p{RGI_Emoji}'.repeat(300), 'v').test('x'.repeat(1e3))
  },
})
