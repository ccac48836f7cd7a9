// outcome: N – changing, deleting and freezing what it is given; row 34
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    try {
      conn.client.address = 'evil'
    } catch {}
    try {
      delete conn.client.port
    } catch {}
    Object.setPrototypeOf(conn, { evil: 1 })
    conn.__proto__.x = 1
    delete conn.text
    conn.bytes.fill(0)
    Object.freeze(conn)
    return { close: conn.client.address === 'evil' ? 'evil' : 'answered' }
  },
})
