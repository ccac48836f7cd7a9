// outcome: V – key of 5 MB; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: true, ['x'.repeat(5e6)]: null }
  },
})
