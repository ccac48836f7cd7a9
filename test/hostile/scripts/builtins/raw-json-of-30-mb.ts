// outcome: K | T | M – JSON.rawJSON of 30 million digits
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) JSON.rawJSON('1'.repeat(3e7))
  },
})
