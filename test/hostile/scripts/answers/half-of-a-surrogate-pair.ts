// outcome: V – half of a surrogate pair; row 37
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: '\ud800' }
  },
})
