// outcome: T – Set union with what says that its size is infinite
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    new Set([1]).union({ size: Infinity, has: () => false, keys: () => ({ next: () => ({ value: 1, done: false }) }) })
  },
})
