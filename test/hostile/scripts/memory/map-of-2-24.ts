// outcome: K | T | M | E – a Map of the entries of an array of 2^24 holes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    new Map(new Array(2 ** 24).entries())
  },
})
