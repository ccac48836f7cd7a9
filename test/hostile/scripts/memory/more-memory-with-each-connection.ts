// outcome: N | M | T – memory that is kept from one connection to the next
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const kept = []

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    kept.push(new Array(2e5).fill(1))
    return { close: 'answered' }
  },
})
