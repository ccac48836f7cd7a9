import { proxyHeader } from '../../sdk/src/protocols/proxy-protocol.ts'
import * as haproxy from '../fixtures/protocols/haproxy.ts'
import { ascii, hex } from '../fixtures/protocols/hex.ts'
import * as real from '../fixtures/protocols/proxy-protocol.ts'
import { everyCut } from './every-cut.ts'

const V2 = '0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a'
const v1 = { version: 1, command: 'proxy', authority: undefined, extensions: [] } as const
const [, sent = '', , fromPort, toPort] =
  /^(PROXY TCP4 (127.0.0.1 ){2}(\d+) (\d+)\r\n)/.exec(text(real.curlHaproxyProtocol)) ?? []
const ports = { from: Number(fromPort), to: Number(toPort) }

everyCut(proxyHeader, {
  yes: {
    'curl --haproxy-protocol, and its request': [
      real.curlHaproxyProtocol,
      {
        ...v1,
        source: { address: '127.0.0.1', port: ports.from },
        destination: { address: '127.0.0.1', port: ports.to },
        length: sent.length,
      },
    ],
    'version 1 with IPv6': [
      ascii('PROXY TCP6 2001:DB8::1 ::ffff:192.0.2.1 65535 0\r\n'),
      {
        ...v1,
        source: { address: '2001:db8::1', port: 65_535 },
        destination: { address: '::ffff:192.0.2.1', port: 0 },
        length: 49,
      },
    ],
    'version 1 that does not know': [
      ascii('PROXY UNKNOWN\r\n'),
      { ...v1, source: undefined, destination: undefined, length: 15 },
    ],
    'the longest line of version 1': [
      ascii(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`),
      { ...v1, source: undefined, destination: undefined, length: 107 },
    ],
    "HAProxy's version 2, and what its client says": [haproxy.haproxyV2, v2(haproxy.haproxyV2, '127.0.0.1', 28)],
    "HAProxy's version 2 with IPv6": [haproxy.haproxyV2Ipv6, v2(haproxy.haproxyV2Ipv6, '::1', 52)],
    "HAProxy's version 2 with a checksum and a unique id": [
      haproxy.haproxyV2UniqueId,
      {
        ...v2(haproxy.haproxyV2UniqueId, '127.0.0.1', 44),
        extensions: [
          { type: 3, value: hex('ff 27 ed 9b') },
          { type: 5, value: ascii('till-7') },
        ],
      },
    ],
    'version 2 with IPv4 and an authority': [
      hex(`${V2} 21 11 00 13 c0 00 02 01 c0 00 02 02 ea 60 01 bb 02 00 04 41 2e 62 63`),
      {
        version: 2,
        command: 'proxy',
        source: { address: '192.0.2.1', port: 60_000 },
        destination: { address: '192.0.2.2', port: 443 },
        authority: 'a.bc',
        extensions: [{ type: 2, value: ascii('A.bc') }],
        length: 35,
      },
    ],
    'version 2 with IPv6': [
      hex(`${V2} 21 21 00 24 20010db8000000000000000000000001 00000000000000000000000000000001 0001 ffff`),
      {
        version: 2,
        command: 'proxy',
        source: { address: '2001:db8::1', port: 1 },
        destination: { address: '::1', port: 65_535 },
        authority: undefined,
        extensions: [],
        length: 52,
      },
    ],
    'version 2 with unix sockets': [
      hex(`${V2} 21 31 00 d8 2f61 ${'00'.repeat(106)} 2f62 ${'00'.repeat(106)}`),
      {
        version: 2,
        command: 'proxy',
        source: { address: '/a', port: 0 },
        destination: { address: '/b', port: 0 },
        authority: undefined,
        extensions: [],
        length: 232,
      },
    ],
    "version 2 of the proxy's own, whatever it carries": [
      hex(`${V2} 20 00 00 03 01 ff ff 47 45 54`),
      {
        version: 2,
        command: 'local',
        source: undefined,
        destination: undefined,
        authority: undefined,
        extensions: [],
        length: 19,
      },
    ],
  },
  no: {
    HTTP: ascii('GET / HTTP/1.1\r\n\r\n'),
    'a line without an end': ascii(`PROXY UNKNOWN ${'f'.repeat(93)}`),
    'a line that ends without CR': ascii('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n'),
    'an unknown family': ascii('PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n'),
    'an address that is none': ascii('PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n'),
    'an IPv6 address that is none': ascii('PROXY TCP6 ::1::2 ::1 1 2\r\n'),
    'a port above 65535': ascii('PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n'),
    'two blanks': ascii('PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n'),
    'a port missing': ascii('PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n'),
    'version 3': hex(`${V2} 31`),
    'an unknown command': hex(`${V2} 22`),
    'an unknown family of version 2': hex(`${V2} 21 41`),
    'addresses that do not fit': hex(`${V2} 21 11 00 0b c0 00 02 01 c0 00 02 02 ea 60 01`),
    'an extension that does not fit': hex(`${V2} 21 11 00 10 c0 00 02 01 c0 00 02 02 ea 60 01 bb 02 00 04 41`),
  },
})

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** A header of HAProxy's, of which only the ports are not known beforehand. */
function v2(bytes: Uint8Array, address: string, length: number) {
  const at = address === '::1' ? 48 : 24
  const view = new DataView(bytes.buffer)
  const [from, to] = [view.getUint16(at), view.getUint16(at + 2)]
  const ends = { source: { address, port: from }, destination: { address, port: to } }
  return { version: 2 as const, command: 'proxy' as const, authority: undefined, extensions: [], length, ...ends }
}
