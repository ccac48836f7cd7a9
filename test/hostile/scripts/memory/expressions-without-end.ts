// outcome: T | K | M – ever new regular expressions
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (let n = 0; ; n++) new RegExp('a' + n).test('a')
  },
})
