// outcome: R – this machine, as a mapped address; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: '[::ffff:127.0.0.1]:22' }
  },
})
