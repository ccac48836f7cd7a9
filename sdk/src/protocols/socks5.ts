/**
 * What a SOCKS 5 client sends: first the ways in which it can prove who it is; once the proxy has chosen one, its request.
 *
 * Specification: RFC 1928, sections 3 to 5.
 */
import type { Remote } from '../answer.ts'
import { addressText, isHost, remoteText } from './address.ts'
import { type Match, NO, needMore } from './match.ts'
import { latin1Text } from './text.ts'

/** The first message of a SOCKS 5 client. */
export interface Socks5Greeting {
  readonly match: 'yes'
  /** The methods offered: 0 none needed, 1 GSSAPI, 2 user name and password. */
  readonly methods: readonly number[]
  /** The length of the greeting. A client waits for an answer before it says where it wants to go. */
  readonly length: number
}

/** Where a SOCKS 5 client wants to go: its second message. */
export interface Socks5Request {
  readonly match: 'yes'
  /** Only `connect` can be served with an answer: the others need what a router cannot ask for. */
  readonly command: 'connect' | 'bind' | 'udp-associate'
  /** An address, or a name in lower case that the proxy is to resolve. */
  readonly host: string
  /** 0 to 65,535. */
  readonly port: number
  /** `host` and `port` in the form of an answer: `{ remote: socks.remote }`. */
  readonly remote: Remote
  /** The length of the request; what follows it is for the host that the client asks for. */
  readonly length: number
}

const COMMANDS = ['connect', 'bind', 'udp-associate'] as const
const IPV4 = 1
const NAME = 3
const IPV6 = 4

/**
 * Reads the first message of a SOCKS 5 client.
 *
 * @example
 * const socks = socks5Greeting(conn.bytes)
 * if (socks.match === 'yes') return { remote: socks.methods.includes(0) ? '10.0.0.5:1080' : '10.0.0.6:1080' }
 */
export function socks5Greeting(bytes: Uint8Array): Match<Socks5Greeting> {
  const [version, count] = bytes
  if ((version !== undefined && version !== 5) || count === 0) return NO
  const length = 2 + (count ?? 1)
  if (bytes.length < length) return needMore(length)
  return { match: 'yes', methods: Array.from(bytes.subarray(2, length)), length }
}

/**
 * Reads the request that follows the greeting (pass the bytes after it). A CONNECT to port 0 or to a name with characters
 * that no host name has is no match.
 *
 * @example
 * const socks = socks5Request(conn.bytes.subarray(greeting.length))
 * if (socks.match === 'yes' && socks.command === 'connect') return { remote: socks.remote, data: '' }
 */
export function socks5Request(bytes: Uint8Array): Match<Socks5Request> {
  const [version, command, reserved, type, size] = bytes
  if ((version !== undefined && version !== 5) || (reserved !== undefined && reserved !== 0)) return NO
  const name = COMMANDS[(command ?? 1) - 1]
  if (name === undefined || (type !== undefined && type !== IPV4 && type !== NAME && type !== IPV6)) return NO
  if (type === NAME && size === 0) return NO
  const from = type === NAME ? 5 : 4
  const length = from + (type === NAME ? (size ?? 1) : type === IPV6 ? 16 : 4) + 2
  // With the type unknown, a name of one character makes the shortest request.
  if (bytes.length < length) return needMore(type === undefined ? 8 : length)
  const address = bytes.subarray(from, length - 2)
  const host = type === NAME ? latin1Text(address, 0, address.length).toLowerCase() : addressText(address)
  const port = (bytes[length - 2] ?? 0) * 256 + (bytes[length - 1] ?? 0)
  if (!isHost(host) || (port === 0 && name === 'connect')) return NO
  return { match: 'yes', command: name, host, port, remote: remoteText(host, port), length }
}
