// outcome: T – JSON.parse whose reviver is given 100,000 sources
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) JSON.parse('[' + '1,'.repeat(1e5) + '1]', (key, value, { source }) => source)
  },
})
