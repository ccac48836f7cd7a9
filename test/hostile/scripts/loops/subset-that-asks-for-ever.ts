// outcome: T – Set isSubsetOf whose question loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    new Set([1]).isSubsetOf({
      size: Infinity,
      has() {
        for (;;);
      },
      keys() {},
    })
  },
})
