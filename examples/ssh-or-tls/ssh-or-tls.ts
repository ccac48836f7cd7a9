import { defineRouter } from 'router-sdk'
import { sshIdentification, tlsClientHello } from 'router-sdk/protocols'

/** SSH and TLS on port 443. A client that says nothing waits for a greeting: that is SSH too. */
export default defineRouter({
  listen: 443,
  route(conn) {
    const tls = tlsClientHello(conn.bytes)
    if (tls.match === 'yes') return { remote: '127.0.0.1:8443' }
    const ssh = sshIdentification(conn.bytes)
    if (ssh.match === 'yes' || (conn.final && conn.bytes.length === 0)) return { remote: '127.0.0.1:22' }
    return tls.match === 'no' && ssh.match === 'no' ? { close: true } : { noop: true }
  },
})
