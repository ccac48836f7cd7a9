/**
 * The request of a SOCKS 4 or 4a client.
 *
 * Specification: "SOCKS: A protocol for TCP proxy across firewalls" by Ying-Da Lee, and "SOCKS 4A: A Simple Extension to
 * SOCKS 4 Protocol" by the same.
 */
import type { Remote } from '../answer.ts'
import { isHost, remoteText } from './address.ts'
import { find, type Match, NO, needMore } from './match.ts'
import { latin1Text } from './text.ts'

/** Where a SOCKS 4 client wants to go. */
export interface Socks4Request {
  readonly match: 'yes'
  /** Only `connect` can be served with an answer: `bind` needs what a router cannot ask for. */
  readonly command: 'connect' | 'bind'
  /** An IPv4 address, or the name (or address) that a 4a client leaves to the proxy to resolve, in lower case. */
  readonly host: string
  /** 0 to 65,535; not 0 with `connect`. */
  readonly port: number
  /** `host` and `port` in the form of an answer: `{ remote: socks.remote }`. */
  readonly remote: Remote
  /** The user id that the client claims, often `''`; nothing proves it. */
  readonly user: string
  /** The length of the request; what follows it is for the host that the client asks for. */
  readonly length: number
}

const SHORTEST = 9
const MAX_USER = 512
const MAX_HOST = 253

/**
 * Reads a SOCKS 4 or 4a request. A CONNECT to port 0 or to a name with characters that no host name has is no match.
 *
 * @example
 * const socks = socks4Request(conn.bytes)
 * if (socks.match === 'need-more') return { noop: true, atLeast: socks.atLeast }
 * if (socks.match === 'no' || socks.command !== 'connect') return { close: socks4Reply(false) }
 * return {
 *   remote: socks.remote,
 *   data: conn.bytes.subarray(socks.length),
 *   reply: socks4Reply(true),
 *   replyWhen: 'connected',
 * }
 */
export function socks4Request(bytes: Uint8Array): Match<Socks4Request> {
  const [version, command, high, low] = bytes
  if (version !== undefined && version !== 4) return NO
  if (command !== undefined && command !== 1 && command !== 2) return NO
  const port = (high ?? 0) * 256 + (low ?? 0)
  if (low !== undefined && port === 0 && command === 1) return NO
  if (bytes.length < SHORTEST) return needMore(SHORTEST)
  const user = field(bytes, 8, MAX_USER)
  if (user.match !== 'yes') return user
  const named = bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] !== 0
  const name = named ? hostName(bytes, user.end + 1) : undefined
  if (name !== undefined && name.match !== 'yes') return name
  const host = name === undefined ? `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}` : name.text
  return {
    match: 'yes',
    command: command === 1 ? 'connect' : 'bind',
    host,
    port,
    remote: remoteText(host, port),
    user: user.text,
    length: (name ?? user).end + 1,
  }
}

/**
 * The eight bytes that answer a request: granted, or rejected.
 *
 * @example
 * socks4Reply(false) // '\0\x5b\0\0\0\0\0\0'
 */
export function socks4Reply(granted: boolean): string {
  return `\0${granted ? '\x5a' : '\x5b'}\0\0\0\0\0\0`
}

interface Field {
  readonly match: 'yes'
  readonly text: string
  /** Where its NUL is. */
  readonly end: number
}

/** A string that ends with NUL, at most `most` bytes before it. */
function field(bytes: Uint8Array, from: number, most: number): Match<Field> {
  const end = find(bytes, 0, from, from + most + 1)
  if (end !== -1) return { match: 'yes', text: latin1Text(bytes, from, end), end }
  return bytes.length > from + most ? NO : needMore(bytes.length + 1)
}

function hostName(bytes: Uint8Array, from: number): Match<Field> {
  const name = field(bytes, from, MAX_HOST)
  if (name.match === 'need-more') return needMore(Math.max(name.atLeast, from + 2))
  if (name.match === 'no' || !isHost(name.text)) return NO
  return { ...name, text: name.text.toLowerCase() }
}
