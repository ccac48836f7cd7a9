// outcome: V – answer that is inherited; row 38
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { __proto__: { close: 'inherited' } }
  },
})
