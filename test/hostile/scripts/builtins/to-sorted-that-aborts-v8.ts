// outcome: K – toSorted on a length of 2^32 - 1: V8 aborts its process
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].toSorted.call({ length: 2 ** 32 - 1 })
  },
})
