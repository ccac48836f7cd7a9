// outcome: E – recursion; row 29
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const f = () => 1 + f()
    f()
  },
})
