// outcome: K | T | E – a class of Unicode properties, less another, regardless of case, 2,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new RegExp('[\\p{L}--\\p{Lu}]'.repeat(2e3), 'vi').test('x')
  },
})
