// outcome: T | K | M – a property for each of ever new symbols
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const o = {}
    for (;;) o[Symbol()] = 1
  },
})
