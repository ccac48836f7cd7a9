// outcome: T | K | M | E – JSON that grows with the square of its depth
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let a = []
    for (let n = 0; n < 3000; n++) a = [a]
    for (;;) JSON.stringify(a, null, 10)
  },
})
