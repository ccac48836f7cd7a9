// outcome: E – function that would be asynchronous, thrown away; row 11
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const p = (0, eval)('Promise')
    p.reject({})
  },
})
