// outcome: E – eval by another name; row 46
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const e = globalThis['ev' + 'al']
    return e('1')
  },
})
