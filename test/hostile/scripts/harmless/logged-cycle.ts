// outcome: N – logging a cycle, a symbol and what has no text
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    a.push(a)
    for (const x of [Symbol('x'), undefined, () => {}, new Map(), Object.create(null)])
      try {
        conn.log(x)
      } catch {}
    try {
      conn.log(a)
    } catch {}
    return { close: 'answered' }
  },
})
