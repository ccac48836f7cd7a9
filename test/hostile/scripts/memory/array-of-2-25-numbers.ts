// outcome: K | T | M | E – 2^25 floating-point numbers at once
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new Array(2 ** 25).fill(1.5)
  },
})
