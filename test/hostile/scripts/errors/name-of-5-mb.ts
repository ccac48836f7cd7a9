// outcome: E – name of 5 MB; row 50
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw Object.assign(new Error('m'), { name: 'x'.repeat(5e6), stack: 'y'.repeat(5e6) })
  },
})
