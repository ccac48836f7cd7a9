// outcome: N – changing, deleting and freezing what it is given; row 34
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const changes = [
      () => (conn.client.address = 'evil'),
      () => delete conn.client.port,
      () => Object.setPrototypeOf(conn, { evil: 1 }),
      () => Object.defineProperty(conn, 'text', { value: 'evil' }),
      () => (conn.evil = 1),
      () => delete conn.text,
    ]
    for (const change of changes)
      try {
        change()
        return { close: `evil: ${change}` }
      } catch {}
    conn.__proto__.x = 1
    conn.bytes.fill(0)
    Object.freeze(conn)
    return { close: conn.text === 'attack' && conn.client.port > 0 ? 'answered' : 'evil' }
  },
})
