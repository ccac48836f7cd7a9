// outcome: V – thenable; row 36
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return {
      then(f) {
        f({ close: 'forged' })
      },
    }
  },
})
