// outcome: N | R – 200,000 lines of nothing
// @ts-nocheck
import { defineRouter } from 'router-sdk'

«\n × 200000»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
