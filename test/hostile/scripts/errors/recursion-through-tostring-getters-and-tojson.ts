// outcome: E – recursion through toString, getters and toJSON; row 29
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const o = {
      toString() {
        return String(o)
      },
      toJSON() {
        return JSON.stringify(o)
      },
    }
    try {
      String(o)
    } catch {}
    JSON.stringify(o)
  },
})
