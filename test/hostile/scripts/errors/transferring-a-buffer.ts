// outcome: E – transferring a buffer; row 22
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    new Uint8Array(8).buffer.transfer(2 ** 28)
  },
})
