// outcome: E – looking up in tables named constructor and __proto__, which are not there
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: conn.lookup('__proto__', 'toString') ?? conn.lookup('constructor', '__proto__') }
  },
})
