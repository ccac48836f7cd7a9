import { createServer, type IncomingMessage } from 'node:http'
import { httpRequest, type WebSocketUpgrade, webSocketUpgrade } from 'router-sdk/protocols'
import { subprotocol, WebSocketServer } from 'ws'
import * as fixtures from '../../fixtures/protocols/websocket.ts'
import { Feed } from './feed.ts'
import { bytesOf, type Oracle, reasonOf } from './oracle.ts'

const http = createServer({ keepAliveTimeout: 0, connectionsCheckingInterval: 2 ** 30, requireHostHeader: false })
/** The first request of each connection, where it is for a WebSocket. */
const asked = new WeakMap<object, IncomingMessage | undefined>()
const server = new WebSocketServer({
  noServer: true,
  // It has read all that there is to read: nothing is gained by going on.
  verifyClient: ({ req }) => {
    if (!asked.has(req.socket)) asked.set(req.socket, req)
    return false
  },
})
http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head, () => {}))
http.on('request', ({ socket }) => {
  asked.set(socket, asked.get(socket))
  socket.destroy()
})
http.on('clientError', (_, socket) => socket.destroy())

/** ws behind Node's own server; the request itself is compared there. */
export const websocket: Oracle = {
  name: 'ws',
  fixtures: [
    ...Object.values(fixtures),
    bytesOf(
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nOrigin: http://a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    ),
  ],
  mutants: 5000,
  bothRead: 400,
  async compare(bytes) {
    const ours = webSocketUpgrade(bytes)
    const theirs = await ask(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(theirs, bytes) }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(ours) }
    return { kind: 'both', ours: [ours.target, ours.origin, ours.protocols], theirs: theirWords(theirs) }
  },
}

async function ask(bytes: Uint8Array): Promise<IncomingMessage | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = new Feed(bytes)
  socket.once('close', resolve)
  http.emit('connection', socket)
  await promise
  return asked.get(socket)
}

function theirWords({ url, headers }: IncomingMessage): unknown {
  const offered = headers['sec-websocket-protocol']
  return [url, headers.origin, offered === undefined ? [] : [...subprotocol.parse(offered)]]
}

function whyRefused({ headers, httpVersion }: IncomingMessage, bytes: Uint8Array): string | undefined {
  return reasonOf({
    'its version is not 13': headers['sec-websocket-version'] !== '13',
    'its key is not 16 bytes': !/^.{21}[AQgw]==$/.test(headers['sec-websocket-key'] ?? ''),
    'its request is not of HTTP/1.1': httpVersion !== '1.1',
    "its request is refused, as it is beside Node's HTTP/1 server": httpRequest(bytes).match !== 'yes',
  })
}

function whyOnlyOurs({ headers }: WebSocketUpgrade): string | undefined {
  const offered = headers['sec-websocket-protocol']
  return reasonOf({
    'it would go on as something else, too, which RFC 6455 allows': headers.upgrade?.toLowerCase() !== 'websocket',
    'its list of protocols has no form, which a server judges': offered !== undefined,
  })
}
