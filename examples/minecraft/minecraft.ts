import { defineRouter } from 'router-sdk'
import { minecraftHandshake } from 'router-sdk/protocols'

/** Minecraft servers by the host name that players type; `lobby` takes those whose server is away. */
export default defineRouter({
  listen: 25565,
  route(conn) {
    const handshake = minecraftHandshake(conn.bytes)
    if (handshake.match === 'need-more') return { noop: true, atLeast: handshake.atLeast }
    if (handshake.match === 'no') return { close: true }
    const server = conn.lookup('servers', handshake.host)
    return server ? { remote: server, connectTimeout: 1000 } : { close: true }
  },
  onConnectError(conn, error) {
    const lobby = conn.lookup('servers', 'lobby')
    return lobby && error.tried.length === 1 ? { remote: lobby } : { close: true }
  },
})
