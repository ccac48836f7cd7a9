// outcome: T – back references regardless of case over thousands of letters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;/^(.*)(.*)(.*)\1\2\3$/iu.test('a\u0130'.repeat(1e3) + 'b')
    for (;;);
  },
})
