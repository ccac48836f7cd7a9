// outcome: E – recursion in toJSON of what is logged
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    conn.log({
      toJSON() {
        const f = () => f()
        f()
      },
    })
  },
})
