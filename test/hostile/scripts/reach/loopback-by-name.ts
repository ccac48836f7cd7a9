// outcome: R – this machine, by its name; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: 'localhost.:22' }
  },
})
