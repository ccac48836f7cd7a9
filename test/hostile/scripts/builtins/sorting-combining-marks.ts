// outcome: K | T | M – normalizing one letter with 400,000 marks that have to be put in order
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) ('a' + '\u0301\u0316'.repeat(2e5)).normalize('NFC')
  },
})
