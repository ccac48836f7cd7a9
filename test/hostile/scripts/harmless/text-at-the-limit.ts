// outcome: N – a text of 65,536 characters, each six in JSON
// gets: /^\0{65536}$/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: '\x00'.repeat(65_536) }
  },
})
