// outcome: N – keeping what it is given for the next time; row 35
// @ts-nocheck
import { defineRouter } from 'router-sdk'

let kept

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    if (kept) {
      kept.bytes.fill(65)
      kept.text = 'evil'
    }
    kept = conn
    return { close: conn.bytes[0] === 97 ? 'answered' : 'evil' }
  },
})
