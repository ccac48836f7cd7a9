// outcome: T | K | M – object of 1e7 keys; row 26
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const o = {}
    for (let n = 0; ; n++) o['k' + n] = n
  },
})
