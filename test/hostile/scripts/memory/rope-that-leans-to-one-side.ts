// outcome: T | K | M | E – a rope put together one piece at a time
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let s = ''
    for (;;) s = 'abcdefghijklmnop' + s
  },
})
