// outcome: V – a getter that gives more at each reading, and is read once
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let n = 65_535
    return {
      get close() {
        return 'x'.repeat((n += 2))
      },
    }
  },
})
