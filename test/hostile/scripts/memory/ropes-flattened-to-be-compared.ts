// outcome: K | T | M | E – two ropes of 2^28 characters compared
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let s = 'ab',
      t = 'ab'
    for (let n = 0; n < 27; n++) {
      s += s
      t += t
    }
    for (;;) s === t
  },
})
