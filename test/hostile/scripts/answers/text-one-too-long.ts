// outcome: V – a text of 65,537 characters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: 'x'.repeat(65_537) }
  },
})
