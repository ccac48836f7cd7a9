// outcome: R – the address of no host, which is this one; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: '0.0.0.0:80' }
  },
})
