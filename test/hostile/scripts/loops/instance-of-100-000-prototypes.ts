// outcome: T – instanceof, 100,000 prototypes deep
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let o = {}
    for (let n = 0; n < 1e5; n++) o = Object.create(o)
    for (;;) o instanceof Map
  },
})
