import { createServer, type IncomingMessage, METHODS, type ServerResponse } from 'node:http'
import { type HttpRequest, httpRequest } from 'router-sdk/protocols'
import { http } from 'router-sdk/testing'
import * as fixtures from '../../fixtures/protocols/http1.ts'
import * as webSocket from '../../fixtures/protocols/websocket.ts'
import { Feed } from './feed.ts'
import { bytesOf, type Oracle, reasonOf } from './oracle.ts'

/** What a server said of a connection: its first request, or that there is none. */
type Said = IncomingMessage | undefined

const server = createServer({
  keepAliveTimeout: 0,
  connectionsCheckingInterval: 2 ** 30,
  maxHeaderSize: 65_536,
  requireHostHeader: false,
})
const waiting = new WeakMap<object, (said: Said) => void>()
const tell = (request: IncomingMessage, response: ServerResponse | object) => {
  waiting.get(request.socket)?.(request)
  if ('destroy' in response && typeof response.destroy === 'function') response.destroy()
}
for (const event of ['request', 'upgrade', 'connect', 'checkContinue', 'checkExpectation']) server.on(event, tell)
server.on('clientError', (_, socket) => {
  waiting.get(socket)?.(undefined)
  socket.destroy()
})

/** Node's own server, whose parser is llhttp, and which says what it reads before it looks for a Host. */
export const http1: Oracle = {
  name: "Node's HTTP/1 server",
  fixtures: [
    ...Object.values(fixtures),
    ...Object.values(webSocket),
    bytesOf(http('GET', '/a?b', { headers: { Cookie: 'a=b', 'X-Y': 'z' } })),
    bytesOf(http('POST', '/', { body: 'abc' })),
    bytesOf('POST / HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  ],
  mutants: 20_000,
  bothRead: 2000,
  async compare(bytes) {
    const ours = httpRequest(bytes)
    const theirs = await ask(bytes)
    if (theirs !== undefined) {
      if (ours.match === 'yes') return { kind: 'both', ours: ourWords(ours), theirs: theirWords(theirs) }
      return { kind: 'theirs', reason: whyRefused(theirs, bytes) }
    }
    return ours.match === 'yes' ? { kind: 'ours', reason: whyOnlyOurs(ours) } : { kind: 'neither' }
  },
}

function ask(bytes: Uint8Array): Promise<Said> {
  const { promise, resolve } = Promise.withResolvers<Said>()
  const socket = new Feed(bytes)
  waiting.set(socket, resolve)
  socket.once('close', () => resolve(undefined))
  server.emit('connection', socket)
  return promise
}

function ourWords({ method, target, version, headers }: HttpRequest): unknown {
  return [method, target, version, headers.host, headers['content-length'], headers['transfer-encoding']]
}

function theirWords({ method, url, httpVersion, headers }: IncomingMessage): unknown {
  return [method, url, httpVersion, headers.host, headers['content-length'], headers['transfer-encoding']]
}

function whyRefused(request: IncomingMessage, bytes: Uint8Array): string | undefined {
  const { method, url = '', httpVersion, rawHeaders, headers } = request
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
  const twice = (name: string) => names.filter((each) => each === name).length > 1
  const { host, 'transfer-encoding': encoding = 'chunked' } = headers
  const first = Buffer.from(bytes).toString('latin1').split('\r\n', 1)[0] ?? ''
  return reasonOf({
    'something stands before its first line, or more than one blank in it':
      first !== `${method} ${url} HTTP/${httpVersion}`,
    'its version is neither 1.0 nor 1.1': httpVersion !== '1.0' && httpVersion !== '1.1',
    'a field that may come once comes twice': ['host', 'content-length', 'transfer-encoding'].some(twice),
    'it has no host': host === undefined && httpVersion === '1.1',
    'its host is none, or above 253 characters':
      host !== undefined && !/^(\[[0-9a-f:.]+\]|[\w.-]{0,253})(:\d{0,5})?$/i.test(host),
    'its port is above 65535': Number(/:(\d+)$/.exec(host ?? '')?.[1] ?? 0) > 65_535,
    'its target has a fragment': url.includes('#'),
    'its target is not of the form that the method wants':
      !/^(\/|https?:\/\/[\w.-]+)/i.test(url) || method === 'CONNECT',
    'its encoding is not just chunked, or comes with a length, or too early':
      encoding.toLowerCase() !== 'chunked' || httpVersion === '1.0' || 'content-length' in headers,
    'its target names another host than its field': /^[a-z]+:\/\//i.test(url),
  })
}

function whyOnlyOurs({ method, target }: HttpRequest): string | undefined {
  return reasonOf({
    'llhttp knows a list of methods': !METHODS.includes(method),
    'the scheme of its target has more than letters, which URIs allow': /^[a-z]+[0-9+.-]+[^/]*:/i.test(target),
  })
}
