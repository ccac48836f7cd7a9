// outcome: E – an error whose stack, name and message are objects
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    throw Object.assign(new Error(), { stack: {}, name: [], message: new Map() })
  },
})
