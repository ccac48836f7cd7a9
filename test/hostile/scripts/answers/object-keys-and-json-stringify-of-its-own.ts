// outcome: V – Object.keys and JSON.stringify of its own; row 52
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.keys = () => ['close']
    JSON.stringify = () => '{"answer":{"close":"forged"}}'
    return 5
  },
})
