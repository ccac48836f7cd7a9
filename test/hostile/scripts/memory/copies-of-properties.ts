// outcome: K | T | M | E – an object of 50,000 properties spread into others
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const o = {}
    for (let n = 0; n < 5e4; n++) o[n * 7] = n
    const a = []
    for (;;) a.push({ ...o })
  },
})
