// outcome: K | T | M | E – JSON.parse of 4 million empty arrays
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    JSON.parse('[' + '[],'.repeat(4e6) + '1]')
  },
})
