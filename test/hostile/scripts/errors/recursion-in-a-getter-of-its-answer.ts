// outcome: E – recursion in a getter of its answer, which the bootstrap reads
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return {
      get close() {
        const f = () => f()
        return f()
      },
    }
  },
})
