// outcome: V – raw JSON
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { close: JSON.rawJSON('"raw"') }
  },
})
