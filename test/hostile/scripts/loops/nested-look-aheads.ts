// outcome: T – nested look-aheads; row 14
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;/(?=(a+))*(?:a|a)*(?=(a*)*b)c/.test('a'.repeat(60))
    for (;;) /(x+x+)+y/.test('x'.repeat(40))
  },
})
