import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ServerName, ServerNameReader } from '../../src/worker/server-name.ts'
import { FIXTURES } from '../fixtures/protocols/all.ts'
import * as http1 from '../fixtures/protocols/http1.ts'
import * as http2 from '../fixtures/protocols/http2.ts'
import * as tls from '../fixtures/protocols/tls.ts'

function nameIn(bytes: Uint8Array | string, final = false): ServerName | undefined {
  return new ServerNameReader().read(bufferOf(bytes), final)
}

function bufferOf(bytes: Uint8Array | string): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)
}

/** The name, and how many bytes it took, when they come one by one. */
function dribbled(bytes: Uint8Array): { name: string | undefined; after: number } | undefined {
  const reader = new ServerNameReader()
  const all = bufferOf(bytes)
  for (let after = 1; after <= all.length; after++) {
    const found = reader.read(all.subarray(0, after), false)
    if (found !== undefined) return { name: found.name, after }
  }
  return undefined
}

const CLIENTS: [client: string, bytes: Uint8Array, name: string | undefined][] = [
  ['openssl', tls.opensslTls13, 'www.example.com'],
  ['a ClientHello in several records', tls.opensslSplitRecords, 'split.example.com'],
  ['curl', http1.curlGet, 'shop.example.com'],
  ['curl with HTTP/1.0', http1.curlHttp10, 'localhost'],
  ['curl with HTTP/2', http2.curlHttp2, 'shop.example.com'],
  ['Node with HTTP/2', http2.nodeHttp2, 'grpc.example.com'],
]
for (const [client, bytes, name] of CLIENTS)
  test(`${client} asks for ${name ?? 'no name'}, in one piece and byte by byte`, () => {
    const whole = nameIn(bytes)
    assert.ok(whole !== undefined)
    assert.equal(whole.name, name)
    const { name: found } = dribbled(bytes) ?? {}
    assert.equal(found, whole.name)
  })

const get = (target: string, ...fields: string[]) => [`GET ${target} HTTP/1.1`, ...fields, '', ''].join('\r\n')

test('a name is read as the table has it', () => {
  const cases: [bytes: string, name: string | undefined][] = [
    [get('/', 'Host: a.example'), 'a.example'],
    [get('/', 'Host: A.Example:8080'), 'a.example'],
    [get('/', 'Host: a.example.'), 'a.example'],
    [get('/', 'Host: a.example.:80'), 'a.example'],
    [get('/', 'X: 1', 'hOsT:   a.example  '), 'a.example'],
    [get('http://a.example/x', 'Host: a.example'), 'a.example'],
    [get('http://b.example/', 'Host: a.example'), undefined],
    [get('/', 'Host: a.example', 'Host: b.example'), undefined],
    [get('/', 'Host: a.example', 'Host: a.example'), undefined],
    [get('/', 'Host: a.example, b.example'), undefined],
    [get('/', 'Host : a.example'), undefined],
    [get('/'), undefined],
    ['CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n', 'a.example'],
    ['GET / HTTP/1.0\r\nHost: a.example\r\n\r\n', 'a.example'],
    ['GET / HTTP/1.0\r\n\r\n', undefined],
    ['SSH-2.0-OpenSSH_9\r\n', undefined],
    ['HELO a.example\r\n', undefined],
    ['\u0000\u0000\u0000\u0008\u0004\u00d2\u0016\u002f', undefined],
  ]
  for (const [bytes, name] of cases) assert.deepEqual(nameIn(bytes), { name }, bytes)
  assert.match(nameIn(get('/', 'Host: 127.0.0.1:80'))?.name ?? '', /^127\.0\.0\.1$/)
})

test('more is waited for while there may be a name, and at the end there is none', () => {
  for (const bytes of ['G', 'GET / HTTP/1.1\r\nHost: a.exam', '\u0016', '\u0016\u0003\u0001', 'PRI * HTTP/2.0\r\n']) {
    assert.equal(nameIn(bytes), undefined, bytes)
    assert.deepEqual(nameIn(bytes, true), { name: undefined }, bytes)
  }
  assert.deepEqual(nameIn('', true), { name: undefined })
})

test('whatever recorded clients of other protocols send, it is answered, and the same in pieces of any size', () => {
  for (const [protocol, clients] of Object.entries(FIXTURES))
    for (const [client, bytes] of Object.entries(clients)) {
      const whole = nameIn(bytes, true)
      const reader = new ServerNameReader()
      let found: ServerName | undefined
      for (let at = 7; found === undefined; at += 7)
        found = reader.read(bufferOf(bytes).subarray(0, at), at >= bytes.length)
      assert.deepEqual(found, whole, `${protocol} ${client}`)
    }
})

/** Feeds a stream in pieces, and gives the CPU time in milliseconds and what was found. */
function cost(bytes: Buffer, piece: number): { ms: number; found: ServerName | undefined } {
  const reader = new ServerNameReader()
  const started = process.cpuUsage()
  let found: ServerName | undefined
  for (let at = piece; at <= bytes.length && found === undefined; at += piece)
    found = reader.read(bytes.subarray(0, at), false)
  const { user, system } = process.cpuUsage(started)
  return { ms: (user + system) / 1000, found }
}

test('a head of 32 KiB that comes byte by byte costs little, and its name is found with its last byte', () => {
  const head = Buffer.from(
    get('/', ...Array.from({ length: 200 }, (_, at) => `X-${at}: ${'v'.repeat(150)}`), 'Host: a.example'),
  )
  assert.ok(head.length > 31_000)
  const { ms, found } = cost(head, 1)
  assert.deepEqual(found, { name: 'a.example' })
  assert.ok(ms < 500, `${ms} ms`)
})

test('frames, records and lines without end, however small the pieces, cost little', () => {
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
  const record = Buffer.from([22, 3, 1, 0, 1, 0])
  const hello = Buffer.concat([Buffer.from([22, 3, 1, 0, 4, 1, 0, 255, 0]), ...Array<Buffer>(5000).fill(record)])
  const streams: [what: string, bytes: Buffer][] = [
    ['empty settings', Buffer.concat([preface, ...Array<Buffer>(3600).fill(settings)])],
    ['records of one byte', hello],
    ['a line', Buffer.from(`GET /${'a'.repeat(32_000)}`)],
    ['fields', Buffer.from(`GET / HTTP/1.1\r\n${'a:\r\n'.repeat(250)}b: ${'c'.repeat(30_000)}`)],
  ]
  for (const [what, bytes] of streams)
    for (const piece of [1, 9]) {
      const { ms, found } = cost(bytes, piece)
      assert.equal(found, undefined, what)
      assert.ok(ms < 500, `${what} in pieces of ${piece}: ${ms} ms`)
    }
})
