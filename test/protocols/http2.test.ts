import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, constants } from 'node:http2'
import { createServer } from 'node:net'
import { it } from 'node:test'
import { http2Request } from '../../sdk/src/protocols/http2.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/http2.ts'
import { everyCut } from './every-cut.ts'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const frame = (type: number, flags: number, stream: number, payload: string) =>
  String.fromCharCode(0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream) + payload
const SETTINGS = frame(4, 0, 0, '')
const start = (...frames: string[]) => ascii(PREFACE + SETTINGS + frames.join(''))
const bytes = (dump: string) => Buffer.from(hex(dump)).toString('latin1')
const literal = (name: string, value: string) =>
  `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`
const A = `\x01\x01a` // :authority: a
const GET = `\x82\x86\x84` // :method: GET, :scheme: http, :path: /
const request = (block: string) => start(frame(1, 5, 1, block))
const plain = { method: 'GET', scheme: 'http', path: '/', query: undefined, host: 'a', port: undefined, headers: {} }
const LONG = 'z'.repeat(300)
const curl = { 'user-agent': 'curl/7.88.1', accept: '*/*' }

everyCut(http2Request, {
  yes: {
    'curl --http2-prior-knowledge': [
      real.curlHttp2,
      {
        ...plain,
        path: '/a',
        query: 'b',
        host: 'shop.example.com',
        port: 8080,
        headers: { ...curl, cookie: 'id=7' },
        length: real.curlHttp2.length,
      },
    ],
    'curl with a body': [
      real.curlHttp2Post,
      {
        ...plain,
        method: 'POST',
        path: '/post',
        host: '127.0.0.1',
        port: Number(http2Port(real.curlHttp2Post)),
        headers: { ...curl, 'content-length': '3', 'content-type': 'application/x-www-form-urlencoded' },
        length: real.curlHttp2Post.length - 12,
      },
    ],
    "node's http2": [
      real.nodeHttp2,
      {
        ...plain,
        method: 'POST',
        path: '/grpc.Service/Call',
        host: 'grpc.example.com',
        headers: { 'content-type': 'application/grpc', 'x-long': LONG },
        length: real.nodeHttp2.length,
      },
    ],
    'frames before the request, padding and priority': [
      start(
        frame(8, 0, 0, '\0\0\xff\xff'),
        frame(2, 0, 3, '\0\0\0\0\x10'),
        frame(6, 0, 0, '12345678'),
        frame(4, 1, 0, ''),
        frame(0x10, 0, 0, 'later'),
        frame(1, 0x2d, 1, `\x03\0\0\0\0\x10${GET}${A}pad`),
        'more',
      ),
      { ...plain, length: 24 + 9 + 13 + 14 + 17 + 9 + 14 + 9 + 15 },
    ],
    'a header block in three frames': [
      start(frame(1, 1, 1, '\x82'), frame(9, 0, 1, '\x86'), frame(9, 4, 1, `\x84${A}`)),
      { ...plain, length: 24 + 9 * 4 + 6 },
    ],
    CONNECT: [
      request(`${literal(':method', 'CONNECT')}\x01\x05a:443`),
      { ...plain, method: 'CONNECT', scheme: undefined, path: '', port: 443, length: 24 + 18 + 24 },
    ],
    'a host field in place of an authority, and cookies in two fields': [
      request(`${GET}${literal('host', 'A')}${literal('cookie', 'b')}${literal('cookie', 'c')}${literal('x', '')}`),
      { ...plain, headers: { host: 'A', cookie: 'b; c', x: '' }, length: 24 + 18 + 3 + 8 + 20 + 4 },
    ],
    'entries of its own table, which it makes smaller before': [
      request(`\x3f\x29${GET}${A}\x40\x01x\x01y\xbe\x40\x01v\x01w\xbe`),
      { ...plain, headers: { x: 'y, y', v: 'w, w' }, length: 24 + 18 + 20 },
    ],
  },
  no: {
    'HTTP/1': ascii('GET / HTTP/1.1\r\n\r\n'),
    'a preface of something else': ascii('PRI * HTTP/2.0\r\n\r\nXX'),
    'no settings': ascii(PREFACE + frame(8, 0, 0, '\0\0\xff\xff')),
    'settings that answer settings': ascii(PREFACE + frame(4, 1, 0, '')),
    'settings of an odd size': ascii(PREFACE + frame(4, 0, 0, '12345')),
    'settings of a stream': ascii(PREFACE + frame(4, 0, 1, '')),
    'a frame above 16 KiB': ascii(`${PREFACE}\0\x40\x01\x04\0\0\0\0\0`),
    'data before a request': start(frame(0, 0, 1, 'x')),
    'a continuation of nothing': start(frame(9, 4, 1, GET)),
    'a request on a stream of the server': start(frame(1, 4, 2, GET + A)),
    'another frame within a header block': start(frame(1, 0, 1, GET), frame(8, 0, 0, '\0\0\xff\xff')),
    'another stream within a header block': start(frame(1, 0, 1, GET), frame(9, 4, 3, A)),
    'padding that does not fit': start(frame(1, 0xc, 1, `\x09${GET}`)),
    'no method': request(`\x86\x84${A}`),
    'no path': request(`\x82\x86${A}`),
    'no host': request(GET),
    'two methods': request(`\x82${GET}${A}`),
    'two hosts that differ': request(`${GET}${A}${literal('host', 'b')}`),
    'an unknown field with a colon': request(`${GET}${A}${literal(':x', 'y')}`),
    'a field with a colon behind others': request(`${GET}${literal('x', 'y')}${A}`),
    'a name in upper case': request(`${GET}${A}${literal('X', 'y')}`),
    'a value with a line end': request(`${GET}${A}${literal('x', 'y\r\nz')}`),
    'a value with a blank before': request(`${GET}${A}${literal('x', ' y')}`),
    'a field of one connection': request(`${GET}${A}${literal('connection', 'close')}`),
    'a length of a body that is no number': request(`${GET}${A}${literal('content-length', '1\xfd')}`),
    'two lengths of a body': request(`${GET}${A}${literal('content-length', '1')}${literal('content-length', '1')}`),
    'a path that is none': request(`\x82\x86${literal(':path', 'x')}${A}`),
    'a status': request(`${GET}${A}\x88`),
    'index 0': request(`\x80${GET}${A}`),
    'an index that is not there': request(`${GET}${A}\xbe`),
    'an index that does not end': request(`\xff\xff\xff\xff\xff\xff${GET}${A}`),
    'a table above 4,096 bytes': request(`\x3f\xe2\x1f${GET}${A}`),
    'a change of the table behind a field': request(`${GET}\x20${A}`),
    'an entry that the table has dropped': request(`\x20${GET}${A}\x40\x01x\x01y\xbe`),
    'a value that does not fit': request(`${GET}\x01\x7fa`),
    'Huffman code with its end mark': request(`${GET}${A}\0\x01x\x84\xff\xff\xff\xff`),
    'Huffman code that ends in zeros': request(`${GET}${A}\0\x01x${bytes('81 00')}`),
    'Huffman code that ends in a whole byte of ones': request(`${GET}${A}\0\x01x${bytes('82 1f ff')}`),
    'a small block that unpacks to more than 64 KiB': request(
      `${GET}${A}\x40\x01x\x7f\xa1\x1e${'y'.repeat(4000)}${'\xbe'.repeat(20)}`,
    ),
  },
})

it('http2Request reads whatever header value a client of nghttp2 encodes', async () => {
  const every = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(at + 0x20))
  const high = Array.from({ length: 128 }, (_, at) => String.fromCharCode(at + 128))
  const values = [
    ...every.map((c) => `${'0'.repeat(12)}${c}${'0'.repeat(12)}`),
    ...high.map((c) => `${'0'.repeat(24)}${c}${'0'.repeat(24)}`),
  ]
  const headers = Object.fromEntries(values.map((value, at) => [`x-${at}`, value]))
  const found = http2Request(await sentBy(headers))
  assert.ok(found.match === 'yes')
  for (const [name, value] of Object.entries(headers)) assert.equal(found.headers[name], value, name)
})

/** What node's client sends for a GET with these header fields. */
async function sentBy(headers: Record<string, string>): Promise<Uint8Array> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const client = connect(`http://127.0.0.1:${address.port}`)
  client.on('error', () => {})
  client.request({ [constants.HTTP2_HEADER_PATH]: '/', ...headers }).on('error', () => {})
  const [socket] = await once(server, 'connection')
  let received = Buffer.alloc(0)
  while (http2Request(received).match === 'need-more') {
    const [chunk] = await once(socket, 'data')
    received = Buffer.concat([received, chunk])
  }
  client.destroy()
  socket.destroy()
  server.close()
  return new Uint8Array(received)
}

function http2Port(sent: Uint8Array): string {
  const found = http2Request(sent)
  return found.match === 'yes' ? String(found.port) : ''
}
