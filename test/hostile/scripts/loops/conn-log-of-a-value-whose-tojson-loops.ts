// outcome: T – conn.log of a value whose toJSON loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    conn.log({
      toJSON() {
        for (;;);
      },
    })
  },
})
