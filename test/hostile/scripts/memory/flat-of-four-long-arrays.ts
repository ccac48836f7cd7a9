// outcome: K | T | M | E – flattening four arrays of 2^25 holes
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = new Array(2 ** 25)
    for (;;) [a, a, a, a].flat()
  },
})
