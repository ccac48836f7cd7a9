// outcome: K | T – sorting 3 million floating-point numbers
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = new Float64Array(3e6)
    for (;;) a.sort()
  },
})
