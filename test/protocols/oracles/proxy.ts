import { isIPv4, isIPv6 } from 'node:net'
import { IPv4ProxyAddress, IPv6ProxyAddress, V1ProxyProtocol, V2ProxyProtocol } from 'proxy-protocol-js'
import { type ProxyHeader, proxyHeader } from 'router-sdk/protocols'
import { proxyV1 } from 'router-sdk/testing'
import * as haproxy from '../../fixtures/protocols/haproxy.ts'
import { hex } from '../../fixtures/protocols/hex.ts'
import * as fixtures from '../../fixtures/protocols/proxy-protocol.ts'
import { bytesOf, type Oracle, reasonOf } from './oracle.ts'

const V2 = '0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a'
const V2_HEADERS = [
  `${V2} 21 11 00 0c c0 00 02 07 c0 00 02 08 c0 00 01 bb`,
  `${V2} 21 21 00 24 20 01 0d b8 ${'00 '.repeat(11)} 01 20 01 0d b8 ${'00 '.repeat(11)} 02 c0 00 01 bb`,
  `${V2} 21 11 00 13 c0 00 02 07 c0 00 02 08 c0 00 01 bb 02 00 04 61 2e 62 63`,
  `${V2} 20 00 00 00`,
]

type Endpoint = readonly [address: string, port: number]

/** Addresses of Unix sockets are left out: theirs pads what is missing with zeros. */
export const proxy: Oracle = {
  name: 'proxy-protocol-js',
  fixtures: [
    ...Object.values(fixtures),
    ...Object.values(haproxy),
    ...V2_HEADERS.map(hex),
    bytesOf(proxyV1('192.0.2.7')),
    bytesOf(proxyV1('2001:db8::7')),
  ],
  mutants: 22_000,
  bothRead: 2000,
  compare(bytes) {
    const ours = proxyHeader(bytes)
    const theirs = read(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(bytes) }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(bytes, ours) }
    const named = ours.source !== undefined && theirs.length > 0 && ours.source.port + ours.source.address.length > 0
    const isInternet = !ours.source?.address.startsWith('/') && (bytes[0] === 0x50 || (bytes[13] ?? 0) >> 4 < 3)
    return named && isInternet ? { kind: 'both', ours: ourWords(ours), theirs } : { kind: 'both', ours: 1, theirs: 1 }
  },
}

function ourWords({ source, destination }: ProxyHeader): readonly Endpoint[] {
  return [source, destination].flatMap((end) => (end === undefined ? [] : [[end.address, end.port] as const]))
}

/** Source and destination; none where theirs reads no internet addresses. */
function read(bytes: Uint8Array): readonly Endpoint[] | undefined {
  try {
    if (bytes[0] === 0x50) {
      const { inetProtocol, source, destination } = V1ProxyProtocol.parse(Buffer.from(bytes).toString('latin1'))
      const ends = inetProtocol === 'UNKNOWN' ? [] : [source, destination]
      return ends.map(({ ipAddress, port }) => [ipAddress.toLowerCase(), port])
    }
    const { proxyAddress } = V2ProxyProtocol.parse(bytes)
    if (!(proxyAddress instanceof IPv4ProxyAddress || proxyAddress instanceof IPv6ProxyAddress)) return []
    const { sourceAddress, sourcePort, destinationAddress, destinationPort } = proxyAddress
    return [
      [addressOf(sourceAddress.address), sourcePort],
      [addressOf(destinationAddress.address), destinationPort],
    ]
  } catch {
    return undefined
  }
}

/** In the shortest form, as URLs have it. */
function addressOf(numbers: readonly number[]): string {
  if (numbers.length === 4) return numbers.join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((numbers[2 * at] ?? 0) * 256 + (numbers[2 * at + 1] ?? 0)).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function whyRefused(bytes: Uint8Array): string | undefined {
  const line = Buffer.from(bytes).toString('latin1').split('\n', 1)[0] ?? ''
  const length = 16 + (bytes[14] ?? 0) * 256 + (bytes[15] ?? 0)
  const isText = bytes[0] === 0x50
  return reasonOf({
    'an address or port is none, or the line is above 107 bytes': isText && (line.length > 106 || !isWell(line)),
    'it has not come whole, which theirs does not ask': !isText && bytes.length < length,
    'what follows the addresses is broken': !isText && length > 16,
  })
}

/** Whether each part of a line could be what it stands for, by Node's own account. */
function isWell(line: string): boolean {
  const [, family, from = '', to = '', fromPort = '', toPort = ''] =
    /^PROXY (TCP[46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r$/.exec(line) ?? []
  const isAddress = (text: string) => (family === 'TCP4' ? isIPv4(text) : isIPv6(text) && !text.includes('%'))
  return isAddress(from) && isAddress(to) && Number(fromPort) < 65_536 && Number(toPort) < 65_536
}

function whyOnlyOurs(bytes: Uint8Array, { command }: ProxyHeader): string | undefined {
  return reasonOf({
    'UNKNOWN may stand alone, or before anything': bytes[6] === 0x55,
    'a health check of the proxy need not carry the addresses that it announces': command === 'local',
  })
}
