// outcome: N – an answer after the stack has overflowed
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const deep = () => {
      try {
        return deep()
      } catch {
        return conn.bytes
      }
    }
    deep()
    return { close: 'answered' }
  },
})
