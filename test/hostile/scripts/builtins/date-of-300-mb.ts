// outcome: K | T | M – Date.parse of 300 MB of blanks
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) Date.parse(' '.repeat(3e8))
  },
})
