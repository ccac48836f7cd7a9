// outcome: N – polluting Object.prototype with answers; row 33
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.assign(Object.prototype, { remote: 'evil:1', data: 'evil', reply: 'evil', connectTimeout: 1 })
    return { close: 'answered' }
  },
})
