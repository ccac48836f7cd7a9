// outcome: K | T – indexOf of 1 MB that fails at its last character
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const s = ('a'.repeat(1e6) + 'b').repeat(2),
      t = 'a'.repeat(5e5) + 'c'
    for (;;) s.indexOf(t)
  },
})
