// outcome: R – this machine, in the short hexadecimal form; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: '0x7f.1:22' }
  },
})
