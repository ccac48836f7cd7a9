// outcome: T – comparing and lower-casing for ever; row 55
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let s = 'ß'.repeat(1e4)
    for (;;) s.toUpperCase().normalize('NFKD')
  },
})
