// outcome: N – looking for what other routers left behind
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const found = Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith('left'))
    globalThis.left = 'something'
    return { close: found.length === 0 ? 'answered' : found.join() }
  },
})
