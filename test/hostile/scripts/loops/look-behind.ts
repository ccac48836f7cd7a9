// outcome: T – look-behinds that go back and forth
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) /(?<=^(a|aa)+)b/.test('a'.repeat(50) + 'b') || /(?<=(a+)+)c/.test('a'.repeat(1e4) + 'd')
  },
})
