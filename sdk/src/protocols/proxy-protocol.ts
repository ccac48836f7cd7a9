/**
 * The header with which a proxy in front says whose connection it passes on, in its text form (version 1) or binary (2).
 *
 * Specification: HAProxy's "The PROXY protocol, Versions 1 & 2", sections 2.1 and 2.2.
 */
import type { Endpoint } from '../router.ts'
import { addressText, isIpv4, isIpv6 } from './address.ts'
import { agrees, find, type Match, NO, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { latin1Text, utf8Text } from './text.ts'

/** Whose connection a proxy passes on. */
export interface ProxyHeader {
  readonly match: 'yes'
  /** 1 is text, 2 is binary. */
  readonly version: 1 | 2
  /** `local` for a connection of the proxy's own, such as a health check: it speaks for no client. */
  readonly command: 'proxy' | 'local'
  /** Where the client's connection came from; `undefined` when the proxy does not say. */
  readonly source: Endpoint | undefined
  /** Where it went. */
  readonly destination: Endpoint | undefined
  /** The host name that the client asked for, where the proxy passes it on (version 2). */
  readonly authority: string | undefined
  /** Everything that version 2 adds, as sent. */
  readonly extensions: readonly ProxyExtension[]
  /** The length of the header; the client's bytes follow. */
  readonly length: number
}

/** One of the things that version 2 adds. */
export interface ProxyExtension {
  /** `0x01` ALPN, `0x02` authority, `0x03` CRC-32C, `0x05` unique id, `0x20` TLS, and so on. */
  readonly type: number
  /** A copy of its bytes, up to 65,535. */
  readonly value: Uint8Array
}

const MAX_V1 = 107
const V1_START = 'PROXY '
const V2_START = '\r\n\r\n\0\r\nQUIT\n'
const V2_HEADER = 16
const UNIX_PATH = 108
const AUTHORITY = 2
const TCP_V1 = /^PROXY (TCP[46]) ([0-9a-fA-F.:]{2,45}) ([0-9a-fA-F.:]{2,45}) ([0-9]{1,5}) ([0-9]{1,5})$/
const UNKNOWN_V1 = /^PROXY UNKNOWN(?: [ -~]*)?$/

/**
 * Reads the header of a proxy in front. Anybody can write one: believe it only from addresses that are known to be proxies.
 *
 * @example
 * const proxy = proxyHeader(conn.bytes)
 * if (proxy.match === 'need-more') return { noop: true, atLeast: proxy.atLeast }
 * if (proxy.match === 'no' || conn.client.address !== '10.0.0.2') return { close: true }
 * const tls = tlsClientHello(conn.bytes.subarray(proxy.length))
 */
export function proxyHeader(bytes: Uint8Array): Match<ProxyHeader> {
  if (agrees(bytes, 0, V1_START)) return readV1(bytes)
  return agrees(bytes, 0, V2_START) ? readV2(bytes) : NO
}

function readV1(bytes: Uint8Array): Match<ProxyHeader> {
  if (bytes.length === 0) return needMore('PROXY UNKNOWN\r\n'.length)
  const end = find(bytes, 0x0a, 0, MAX_V1)
  if (end === -1) return bytes.length >= MAX_V1 ? NO : needMore(Math.max('PROXY UNKNOWN\r\n'.length, bytes.length + 1))
  if (bytes[end - 1] !== 0x0d) return NO
  const line = latin1Text(bytes, 0, end - 1)
  const base = {
    match: 'yes',
    version: 1,
    command: 'proxy',
    authority: undefined,
    extensions: [],
    length: end + 1,
  } as const
  if (UNKNOWN_V1.test(line)) return { ...base, source: undefined, destination: undefined }
  const [, family, from = '', to = '', fromPort, toPort] = TCP_V1.exec(line) ?? []
  const source = endpoint(family, from, Number(fromPort))
  const destination = endpoint(family, to, Number(toPort))
  return source === undefined || destination === undefined ? NO : { ...base, source, destination }
}

function endpoint(family: string | undefined, address: string, port: number): Endpoint | undefined {
  const isRight = family === 'TCP4' ? isIpv4(address) : family === 'TCP6' && isIpv6(address)
  return isRight && port <= 65_535 ? { address: address.toLowerCase(), port } : undefined
}

function readV2(bytes: Uint8Array): Match<ProxyHeader> {
  const [kind, family] = bytes.subarray(12, 14)
  if (kind !== undefined && kind !== 0x20 && kind !== 0x21) return NO
  if (family !== undefined && (family >> 4 > 3 || (family & 15) > 2)) return NO
  if (bytes.length < V2_HEADER) return needMore(V2_HEADER)
  const length = V2_HEADER + new Reader(bytes, 14).u16()
  if (bytes.length < length) return needMore(length)
  const rest = new Reader(bytes, V2_HEADER, length)
  // What a health check carries must be skipped, whatever it says.
  const [source, destination] = kind === 0x20 ? [] : readEndpoints(rest, (family ?? 0) >> 4)
  const extensions = kind === 0x20 ? [] : readExtensions(rest)
  if (!rest.ok || extensions === undefined) return NO
  const named = extensions.find(({ type }) => type === AUTHORITY)?.value
  const authority = named === undefined ? undefined : utf8Text(named, 0, named.length).toLowerCase()
  const command = kind === 0x20 ? 'local' : 'proxy'
  return { match: 'yes', version: 2, command, source, destination, authority, extensions, length }
}

/** Source and destination; none for an unspecified family. */
function readEndpoints(rest: Reader, family: number): Endpoint[] {
  if (family === 0) return []
  if (family === 3)
    return [rest.take(UNIX_PATH), rest.take(UNIX_PATH)].map((path) => ({ address: pathText(path), port: 0 }))
  const size = family === 1 ? 4 : 16
  const addresses = [rest.take(size), rest.take(size)]
  return addresses.map((address) => ({ address: addressText(address), port: rest.u16() }))
}

function pathText(path: Uint8Array): string {
  const end = path.indexOf(0)
  return utf8Text(path, 0, end === -1 ? path.length : end)
}

function readExtensions(rest: Reader): ProxyExtension[] | undefined {
  const extensions: ProxyExtension[] = []
  while (rest.ok && rest.left > 0) extensions.push({ type: rest.u8(), value: rest.take(rest.u16()).slice() })
  return rest.ok ? extensions : undefined
}
