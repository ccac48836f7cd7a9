// outcome: T | E – an error with 20,000 causes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let e = new Error('x')
    for (let n = 0; n < 2e4; n++) e = new Error('y', { cause: e })
    for (;;) String(e.stack)
  },
})
