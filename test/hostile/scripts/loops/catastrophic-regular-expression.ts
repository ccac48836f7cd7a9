// outcome: T – catastrophic regular expression; row 14
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: String(/^(a+)+$/.test('a'.repeat(40) + '!')) }
  },
})
