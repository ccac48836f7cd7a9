// outcome: N – logging what logs; row 49
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let n = 0
    conn.log({
      toJSON() {
        if (n++ < 100) conn.log(this)
        return 'x'.repeat(1e3)
      },
    })
    return { close: 'answered' }
  },
})
