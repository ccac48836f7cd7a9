// outcome: T | E – repetitions of repetitions of repetitions
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new RegExp('(?:(?:(?:a{1,99}){1,99}){1,99}){1,99}b').test('a'.repeat(1e4))
  },
})
