// outcome: V | K | T – array of 1e6; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return new Array(1e6).fill('a')
  },
})
