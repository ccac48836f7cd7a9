// outcome: K | T | M | E – an array that is put behind itself
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let a = [1.5]
    for (;;) a = a.concat(a)
  },
})
