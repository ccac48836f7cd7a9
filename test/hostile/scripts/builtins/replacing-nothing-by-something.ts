// outcome: K | T | M – replaceAll of the empty string in 2 MB
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) 'a'.repeat(2e6).replaceAll('', 'bb')
  },
})
