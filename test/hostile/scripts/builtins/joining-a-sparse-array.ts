// outcome: K | E – joining an array of length 2^32 - 1
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = [1]
    a[2 ** 32 - 2] = 1
    a.join('')
  },
})
