// outcome: E – Temporal with a huge duration
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Temporal.Duration.from({ years: 4e9 }).round('nanoseconds')
  },
})
