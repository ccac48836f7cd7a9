import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tlsClientHello } from '../../sdk/src/protocols/tls.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/tls.ts'
import { everyCut } from './every-cut.ts'

const all = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1']
const splitAlpn = Array.from({ length: 60 }, (_, at) => `protocol-${at}`)

everyCut(tlsClientHello, {
  yes: {
    'openssl s_client': [
      real.opensslTls13,
      {
        serverName: 'www.example.com',
        alpn: ['h2', 'http/1.1'],
        versions: all,
        ech: false,
        length: real.opensslTls13.length,
      },
    ],
    'openssl s_client -tls1_2 without a name': [
      real.opensslTls12,
      { serverName: undefined, alpn: [], versions: ['TLSv1.2'], ech: false, length: real.opensslTls12.length },
    ],
    'openssl s_client in records of 512 bytes': [
      real.opensslSplitRecords,
      {
        serverName: 'split.example.com',
        alpn: splitAlpn,
        versions: all,
        ech: false,
        length: real.opensslSplitRecords.length,
      },
    ],
    curl: [
      real.curlHttps,
      {
        serverName: 'shop.example.org',
        alpn: ['h2', 'http/1.1'],
        versions: all,
        ech: false,
        length: real.curlHttps.length,
      },
    ],
    "node's post-quantum hello": [
      real.nodePostQuantum,
      {
        serverName: 'pq.example.net',
        alpn: ['h2'],
        versions: ['TLSv1.3', 'TLSv1.2'],
        ech: false,
        length: real.nodePostQuantum.length,
      },
    ],
    'a hello without extensions, and what follows it': [
      Uint8Array.from([...record(hello(undefined)), 0x17, 3, 3]),
      { serverName: undefined, alpn: [], versions: ['TLSv1.2'], ech: false, length: 9 + 41 },
    ],
    'an encrypted hello, GREASE and a version to come': [
      record(
        hello([
          ...extension(0xfe0d, [0, 1, 2]),
          ...extension(43, [6, 0x1a, 0x1a, 3, 4, 0x7f, 0x1c]),
          ...extension(0, sni('A.example')),
        ]),
      ),
      { serverName: 'a.example', alpn: [], versions: ['TLSv1.3', '0x7f1c'], ech: true, length: 9 + 43 + 7 + 11 + 18 },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n\r\n'),
    'an alert': hex('15 03 01 00 02 02 28'),
    'a hello of SSL 2': hex('80 2e 01 00 02'),
    'a server hello': hex('16 03 03 00 04 02'),
    'an empty record': hex('16 03 01 00 00'),
    'a record above 16 KiB': hex('16 03 01 40 01 01'),
    'a hello above 64 KiB': hex('16 03 01 40 00 01 01 00 00'),
    'a second message in the record': record([...hello(undefined), 1, 0, 0]),
    'an alert between two records': Uint8Array.from(split(hello(undefined), 20)).fill(0x15, 25, 26),
    'a message that ends early': record([1, 0, 0, 4, 3, 3, 0, 0]),
    'a length of extensions that is too small': record(hello([0], 0)),
    'two server names': record(hello([...extension(0, sni('a.example')), ...extension(0, sni('b.example'))])),
    'two lists of protocols': record(hello([...extension(16, [0, 2, 1, 97]), ...extension(16, [0, 2, 1, 98])])),
    'a server name with a NUL': record(hello(extension(0, sni('a.example\0.b')))),
    'an empty server name': record(hello(extension(0, sni('')))),
    'a list of two server names': record(hello(extension(0, [0, 8, 0, 0, 1, 97, 0, 0, 1, 98]))),
    'an empty protocol name': record(hello(extension(16, [0, 1, 0]))),
    'no cipher suites': record([1, 0, 0, 39, 3, 3, ...Array(32).fill(7), 0, 0, 0, 1, 0]),
    'a session id above 32 bytes': record([
      1,
      0,
      0,
      74,
      3,
      3,
      ...Array(32).fill(7),
      33,
      ...Array(33).fill(1),
      0,
      2,
      0,
      1,
      1,
      0,
    ]),
    'an odd list of versions': record(hello(extension(43, [3, 3, 4, 3]))),
  },
})

describe('a ClientHello in several records', () => {
  const whole = [...real.nodePostQuantum.subarray(5)]
  const expected = tlsClientHello(real.nodePostQuantum)
  for (const size of [1, 2, 3, 4, 5, 100, 512, 1000]) {
    it(`says the same in records of ${size} bytes, at every cut`, () => {
      const bytes = Uint8Array.from(split(whole, size))
      assert.deepEqual(tlsClientHello(bytes), { ...expected, length: bytes.length })
      for (let cut = 0; cut < bytes.length; cut += size > 5 ? 1 : 37) {
        const part = tlsClientHello(bytes.slice(0, cut))
        assert.ok(part.match === 'need-more' && part.atLeast > cut && part.atLeast <= bytes.length)
      }
    })
  }
})

function record(message: readonly number[]): Uint8Array {
  return Uint8Array.from(split(message, 16_384))
}

function split(message: readonly number[], size: number): number[] {
  const bytes: number[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.slice(at, at + size)
    bytes.push(0x16, 3, 1, part.length >> 8, part.length & 255, ...part)
  }
  return bytes
}

function hello(extensions: readonly number[] | undefined, size = extensions?.length ?? 0): number[] {
  const tail = extensions === undefined ? [] : [size >> 8, size & 255, ...extensions]
  const body = [3, 3, ...Array<number>(32).fill(7), 0, 0, 2, 0x13, 1, 1, 0, ...tail]
  return [1, 0, body.length >> 8, body.length & 255, ...body]
}

function extension(type: number, body: readonly number[]): number[] {
  return [type >> 8, type & 255, body.length >> 8, body.length & 255, ...body]
}

function sni(name: string): number[] {
  return [0, name.length + 3, 0, 0, name.length, ...ascii(name)]
}
