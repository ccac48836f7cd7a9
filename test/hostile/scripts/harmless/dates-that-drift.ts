// outcome: N – looking for a clock in Date, errors and iteration
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const t = Date.now()
    for (let n = 0; n < 1e3; n++) new Error().stack
    return { close: Date.now() === t && new Date().getTimezoneOffset() === 0 ? 'answered' : 'told' }
  },
})
