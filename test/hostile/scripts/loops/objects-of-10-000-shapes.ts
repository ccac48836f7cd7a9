// outcome: T – reading one property of 10,000 shapes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const all = Array.from({ length: 1e4 }, (_, n) => ({ ['k' + n]: 1, x: n }))
    let s = 0
    for (;;) for (const o of all) s += o.x
  },
})
