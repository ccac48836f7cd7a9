// outcome: T | M | K – intersection with what deletes and adds
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const s = new Set([1, 2, 3])
    s.intersection({
      size: 9,
      has(x) {
        s.delete(x)
        s.add(x)
        return true
      },
      keys() {},
    })
  },
})
