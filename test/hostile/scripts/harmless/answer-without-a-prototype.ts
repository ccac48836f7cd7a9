// outcome: N – an answer without a prototype
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return Object.assign(Object.create(null), { close: 'answered' })
  },
})
