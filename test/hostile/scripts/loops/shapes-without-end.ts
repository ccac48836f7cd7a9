// outcome: T | K – objects of ever new shapes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (let n = 0; ; n++) {
      const o = {}
      o['a' + n] = 1
      o['b' + n] = 2
    }
  },
})
