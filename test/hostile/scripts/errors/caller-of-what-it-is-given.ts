// outcome: E – the caller of what it is given; row 45
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    conn.log({
      toJSON() {
        return conn.log.caller
      },
    })
    throw new Error('nothing')
  },
})
