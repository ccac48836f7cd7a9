// outcome: E | T – cycle in JSON; row 20
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    a.push(a)
    JSON.stringify(a)
  },
})
