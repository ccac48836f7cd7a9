// outcome: N – what unwinds a look-up cannot be forged
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    try {
      throw { table: 't', key: 'k' }
    } catch {}
    return { close: 'answered' }
  },
})
