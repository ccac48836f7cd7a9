// outcome: E – array of 1 GiB; row 21
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    new Uint8Array(2 ** 30)
  },
})
