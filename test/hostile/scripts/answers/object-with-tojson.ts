// outcome: V – object with toJSON; row 36
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { toJSON: () => ({ close: 'forged' }) }
  },
})
