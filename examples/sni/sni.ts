import { defineRouter } from 'router-sdk'
import { tlsClientHello } from 'router-sdk/protocols'

/** TLS passed through by the name that the client asks for; certificates and keys stay with the upstreams. */
export default defineRouter({
  listen: 443,
  route(conn) {
    const tls = tlsClientHello(conn.bytes)
    if (tls.match === 'need-more') return { noop: true, atLeast: tls.atLeast }
    if (tls.match === 'no' || tls.serverName === undefined) return { close: true }
    const [, ...parent] = tls.serverName.split('.')
    const site = conn.lookup('sites', tls.serverName) ?? conn.lookup('sites', ['*', ...parent].join('.'))
    return site ? { remote: site } : { close: UNRECOGNIZED_NAME }
  },
})

/** A fatal alert, unrecognized_name (RFC 6066, section 3), in a record of TLS 1.2. */
const UNRECOGNIZED_NAME = new Uint8Array([21, 3, 3, 0, 2, 2, 112])
