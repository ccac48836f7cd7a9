// outcome: K | T – filling arrays for ever, deaf to the time limit; row 16
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new Array(1000).fill(1.5)
  },
})
