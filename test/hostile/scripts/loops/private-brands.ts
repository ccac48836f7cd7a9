// outcome: T – asking each object for a private name
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    class A {
      #x
      static has(o) {
        return #x in o
      }
    }
    for (;;) A.has({})
  },
})
