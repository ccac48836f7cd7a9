// outcome: N – setters on Array.prototype, and logging; row 33
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let seen = 0
    for (let n = 0; n < 12; n++)
      Object.defineProperty(Array.prototype, n, {
        set() {
          seen++
          this.toJSON = () => 'forged'
        },
      })
    for (let n = 0; n < 12; n++) conn.log('line', n)
    return { close: seen === 0 ? 'answered' : 'seen ' + seen }
  },
})
