import { defineRouter } from 'router-sdk'
import { httpRequest, postgresStartup, sshIdentification, tlsClientHello } from 'router-sdk/protocols'

/** HTTP, TLS, SSH and PostgreSQL on one port, told apart by the first bytes that their clients send. */
export default defineRouter({
  listen: 443,
  route(conn) {
    const guesses = {
      http: httpRequest(conn.bytes),
      tls: tlsClientHello(conn.bytes),
      ssh: sshIdentification(conn.bytes),
      postgres: postgresStartup(conn.bytes),
    }
    for (const [protocol, guess] of Object.entries(guesses)) {
      const server = guess.match === 'yes' ? conn.lookup('servers', protocol) : undefined
      if (server) return { remote: server }
    }
    // Some SSH clients wait for the server's greeting: when the wait is over and nothing came, that is who it was.
    const ssh = conn.final && conn.bytes.length === 0 ? conn.lookup('servers', 'ssh') : undefined
    if (ssh) return { remote: ssh }
    const open = Object.values(guesses).some((guess) => guess.match === 'need-more')
    return open && !conn.final ? { noop: true } : { close: true }
  },
})
