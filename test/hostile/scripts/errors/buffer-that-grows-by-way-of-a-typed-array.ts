// outcome: E – buffer that grows, by way of a typed array; row 22
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    new new Uint8Array(1).buffer.constructor(8, { maxByteLength: 2 ** 28 })
  },
})
