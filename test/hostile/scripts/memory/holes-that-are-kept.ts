// outcome: T | K | M | E – arrays of 2^25 holes, 256 MiB each: the highest peak of all
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push(new Array(2 ** 25 - 1))
  },
})
