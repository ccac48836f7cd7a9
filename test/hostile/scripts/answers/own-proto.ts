// outcome: V – own __proto__; row 38
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return JSON.parse('{"close":true,"__proto__":{"remote":"a:1"}}')
  },
})
