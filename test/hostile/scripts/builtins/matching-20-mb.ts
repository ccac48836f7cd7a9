// outcome: K | T | M – all matches of a letter in 20 MB
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) 'a'.repeat(2e7).match(/a/g)
  },
})
