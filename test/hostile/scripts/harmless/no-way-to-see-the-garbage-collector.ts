// outcome: N – no way to see the garbage collector; row 53
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const w = new WeakMap()
    w.set({}, 1)
    return { close: typeof w.size === 'undefined' ? 'answered' : 'seen' }
  },
})
