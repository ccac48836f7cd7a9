import { defineRouter } from 'router-sdk'
import { socks4Reply, socks4Request } from 'router-sdk/protocols'

/** A SOCKS 4 and 4a proxy: `curl --socks4a localhost:1080 http://…`. */
export default defineRouter({
  listen: 1080,
  route(conn) {
    const socks = socks4Request(conn.bytes)
    if (socks.match === 'need-more') return { noop: true, atLeast: socks.atLeast }
    if (socks.match === 'no' || socks.command !== 'connect') return { close: socks4Reply(false) }
    const data = conn.bytes.subarray(socks.length)
    return { remote: socks.remote, data, reply: socks4Reply(true), replyWhen: 'connected' }
  },
  onConnectError: () => ({ close: socks4Reply(false) }),
})
