// outcome: T | K – parseInt of 3 million digits in base 3
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) parseInt('2'.repeat(3e6), 3)
  },
})
