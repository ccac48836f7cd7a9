// outcome: T – deleting and adding properties
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const o = {}
    for (let n = 0; n < 1e5; n++) o['k' + n] = n
    for (;;)
      for (let n = 0; n < 1e5; n++) {
        delete o['k' + n]
        o['k' + n] = 1
      }
  },
})
