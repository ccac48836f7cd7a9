// outcome: E – Math.random
// says: /Math.random/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Math.random()
  },
})
