// outcome: V – -0; row 37
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: 'a:1', connectTimeout: -0 }
  },
})
