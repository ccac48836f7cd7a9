// outcome: K – includes on a length of 2^53 - 1
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].includes.call({ length: 2 ** 53 - 1 }, 1)
  },
})
