// outcome: T | K | M – a reviver that makes the array 2^32 - 1 long while it is read
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    JSON.parse('[1,2]', function (key, value) {
      if (key === '0') this.length = 2 ** 32 - 1
      return value
    })
    const a = []
    a.length = 2 ** 32 - 1
    for (const x of a);
  },
})
