// outcome: N – a look-up where there is no stack left, caught
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const f = () => {
      try {
        f()
      } catch {
        try {
          conn.lookup(Array(70).join('t'), 'k')
        } catch {}
      }
    }
    f()
    return { close: 'answered' }
  },
})
