// outcome: K – search that hears no time limit
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].indexOf.call({ length: 2 ** 53 - 1 }, 1)
  },
})
