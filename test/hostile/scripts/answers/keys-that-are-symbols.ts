// outcome: V – an answer whose keys are symbols
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { [Symbol.for('close')]: 'x' }
  },
})
