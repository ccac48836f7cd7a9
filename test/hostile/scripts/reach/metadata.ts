// outcome: R – the metadata service of clouds; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: '169.254.169.254:80' }
  },
})
