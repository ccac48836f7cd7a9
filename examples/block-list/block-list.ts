import { defineRouter } from 'router-sdk'

/** Clients whose address, or whose network of 24, 16 or 8 bits, is in the table are closed at once; the rest goes on. */
export default defineRouter({
  listen: 8080,
  onConnect(conn) {
    const parts = conn.client.address.split('.')
    for (let length = parts.length; length > 0; length--) {
      const network = parts.slice(0, length).join('.')
      if (conn.lookup('blocked', length === 4 ? network : `${network}.`)) return { close: true }
    }
    return { remote: '127.0.0.1:80' }
  },
})
