// outcome: E | K | T – applying 1e7 arguments; row 28
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Math.max(...new Array(1e7))
  },
})
