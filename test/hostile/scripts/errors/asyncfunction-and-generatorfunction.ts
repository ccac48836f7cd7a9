// outcome: E – AsyncFunction and GeneratorFunction; row 46
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.getPrototypeOf(function* () {}).constructor('yield 1')
  },
})
