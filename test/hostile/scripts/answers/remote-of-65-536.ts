// outcome: V – a remote of 65,536 characters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: 'a'.repeat(65_530) + ':1' }
  },
})
