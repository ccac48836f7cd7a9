// outcome: V – typed array that says that it is another
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: Object.defineProperty(new Int8Array(8), Symbol.toStringTag, { value: 'Uint8Array' }) }
  },
})
