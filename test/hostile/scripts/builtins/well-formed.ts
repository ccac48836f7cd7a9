// outcome: K | T | M – toWellFormed of 20 million half surrogates
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) '\ud800'.repeat(2e7).toWellFormed()
  },
})
