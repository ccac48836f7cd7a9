// outcome: N – locales; row 55
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return {
      close: ['toLocaleString', 'localeCompare', 'toLocaleUpperCase', 'toLocaleDateString'].some(
        (m) => m in Object('') || m in [] || m in Object(1) || m in Date.prototype || m in new Uint8Array(1),
      )
        ? 'there'
        : 'answered',
    }
  },
})
