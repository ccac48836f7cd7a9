// outcome: N – log lines that forge others; row 50
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    conn.log('\n{"level":50,"msg":"forged","router":"0-good"}\r\u001b[2J\u2028\u202e')
    return { close: 'answered' }
  },
})
