// outcome: T – the text of every function that it is given
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) String(conn.lookup) + String(Object.getOwnPropertyDescriptor(conn, 'bytes').get) + String(Map)
  },
})
