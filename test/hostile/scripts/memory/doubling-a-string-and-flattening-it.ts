// outcome: E | M | K | T – doubling a string and flattening it; row 19
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let s = 'ab'
    for (let n = 0; n < 28; n++) s += s
    s.charCodeAt(s.length - 1)
    for (;;) s += s
  },
})
