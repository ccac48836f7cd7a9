// outcome: K | T | M | E – a million floating-point numbers at a time, kept
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push(new Array(2 ** 20).fill(1.5))
  },
})
