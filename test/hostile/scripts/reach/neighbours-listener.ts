// outcome: R – the port that its own client came to; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: '127.0.0.1:' + conn.local.port }
  },
})
