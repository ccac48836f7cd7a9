// outcome: K – String.raw of 2^53 - 1 strings
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    String.raw({ raw: { length: 2 ** 53 - 1 } })
  },
})
