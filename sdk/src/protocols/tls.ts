/**
 * The first message of a TLS client, in one record or in several.
 *
 * Specification: RFC 8446 (TLS 1.3), sections 4.1.2 "Client Hello", 4.2.1 "Supported Versions" and 5.1 "Record Layer";
 * RFC 6066, section 3 (server name); RFC 7301 (ALPN); RFC 9849 (Encrypted Client Hello); RFC 8701 (GREASE).
 */
import { type Match, type NeedMore, NO, type NoMatch, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { latin1Text } from './text.ts'

/** What a TLS client offers. */
export interface TlsClientHello {
  readonly match: 'yes'
  /** The name the client wants (SNI), in lower case. With `ech` it is that of the client-facing server. */
  readonly serverName: string | undefined
  /** The application protocols offered, best first: `h2`, `http/1.1`. Empty when the client offers none. */
  readonly alpn: readonly string[]
  /** The versions offered, best first: `TLSv1.3`, `TLSv1.2`; one that this parser does not know as `0x7f1c`. */
  readonly versions: readonly string[]
  /** An encrypted ClientHello comes along. Some clients send one filled with noise, so this alone proves nothing. */
  readonly ech: boolean
  /** The length of the records that hold the message. */
  readonly length: number
}

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const RECORD_HEADER = 5
const MESSAGE_HEADER = 4
const MAX_RECORD = 16_384
const MAX_HELLO = 65_536
const EXTENSION = { serverName: 0, alpn: 16, supportedVersions: 43, encryptedClientHello: 0xfe0d }
const VERSIONS: Readonly<Record<number, string>> = {
  768: 'SSLv3',
  769: 'TLSv1',
  770: 'TLSv1.1',
  771: 'TLSv1.2',
  772: 'TLSv1.3',
}

/**
 * Reads a ClientHello of up to 64 KiB. One that is cut into several records (as a post-quantum key share may force) is put
 * together; the operator's preread limit decides how much of it can be waited for.
 *
 * @example
 * const tls = tlsClientHello(conn.bytes)
 * if (tls.match === 'need-more') return { noop: true, atLeast: tls.atLeast }
 * if (tls.match === 'no') return { close: true }
 * return tls.serverName === 'shop.example.com' ? { remote: '10.0.0.5:443' } : { remote: '10.0.0.6:443' }
 */
export function tlsClientHello(bytes: Uint8Array): Match<TlsClientHello> {
  const message = findMessage(bytes)
  if (message.match !== 'yes') return message
  return readHello(assemble(bytes, message), message.length)
}

interface Message {
  readonly match: 'yes'
  /** Bytes of the message, its header included. */
  readonly size: number
  /** Bytes of the records that hold it. */
  readonly length: number
}

/** Walks the records until they hold one whole handshake message. */
function findMessage(bytes: Uint8Array): Message | NeedMore | NoMatch {
  const header: number[] = []
  let have = 0
  let size = 0
  for (let at = 0; ; ) {
    if (!isHandshakeRecord(bytes, at)) return NO
    if (bytes.length < at + RECORD_HEADER) return needMore(ending(at, Math.max(1, size - have)))
    const record = (bytes[at + 3] ?? 0) * 256 + (bytes[at + 4] ?? 0)
    if (record === 0 || record > MAX_RECORD) return NO
    const end = at + RECORD_HEADER + record
    for (let i = at + RECORD_HEADER; i < end && i < bytes.length && header.length < MESSAGE_HEADER; i++)
      header.push(bytes[i] ?? 0)
    if (header.length > 0 && header[0] !== CLIENT_HELLO) return NO
    if (header.length === MESSAGE_HEADER) size = messageSize(header)
    if (size > MAX_HELLO || (size > 0 && have + record > size)) return NO
    if (bytes.length < end) return needMore(ending(end, Math.max(0, size - have - record)))
    have += record
    at = end
    if (have === size) return { match: 'yes', size, length: at }
  }
}

function isHandshakeRecord(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at] ?? HANDSHAKE
  const major = bytes[at + 1] ?? 3
  const minor = bytes[at + 2] ?? 0
  return type === HANDSHAKE && major === 3 && minor <= 4
}

function messageSize(header: readonly number[]): number {
  return MESSAGE_HEADER + (header[1] ?? 0) * 65_536 + (header[2] ?? 0) * 256 + (header[3] ?? 0)
}

/** Where `missing` bytes of message end at the earliest, in records that begin at `at`. */
function ending(at: number, missing: number): number {
  return at + missing + RECORD_HEADER * Math.ceil(missing / MAX_RECORD)
}

/** The message without its header. Copied only where it lies in several records. */
function assemble(bytes: Uint8Array, message: Message): Reader {
  if (message.length === message.size + RECORD_HEADER)
    return new Reader(bytes, RECORD_HEADER + MESSAGE_HEADER, message.length)
  const whole = new Uint8Array(message.size)
  let filled = 0
  for (let at = 0; at < message.length; ) {
    const from = at + RECORD_HEADER
    at = from + (bytes[at + 3] ?? 0) * 256 + (bytes[at + 4] ?? 0)
    whole.set(bytes.subarray(from, at), filled)
    filled += at - from
  }
  return new Reader(whole, MESSAGE_HEADER)
}

interface Extensions {
  serverName: string | undefined
  alpn: string[] | undefined
  versions: string[] | undefined
  ech: boolean
}

function readHello(hello: Reader, length: number): Match<TlsClientHello> {
  const legacy = hello.u16()
  hello.skip(32) // random
  const session = hello.u8()
  hello.skip(session)
  const suites = hello.u16()
  hello.skip(suites)
  const compressions = hello.u8()
  hello.skip(compressions)
  if (!hello.ok || legacy < 0x300 || legacy > 0x3ff || session > 32) return NO
  if (suites < 2 || suites % 2 === 1 || compressions === 0) return NO
  const found: Extensions = { serverName: undefined, alpn: undefined, versions: undefined, ech: false }
  // TLS 1.2 and older clients may end here.
  if (hello.left > 0 && !readExtensions(hello, found)) return NO
  const { serverName, alpn = [], versions = olderVersions(legacy), ech } = found
  return { match: 'yes', serverName, alpn, versions, ech, length }
}

/** Without the extension a client offers its version and, silently, those before it. */
function olderVersions(legacy: number): string[] {
  return [VERSIONS[Math.min(legacy, 0x303)] ?? '']
}

function readExtensions(hello: Reader, found: Extensions): boolean {
  const list = hello.part(hello.u16())
  if (!hello.ok || hello.left > 0) return false
  while (list.left > 0) {
    const type = list.u16()
    const body = list.part(list.u16())
    if (!list.ok || !readExtension(type, body, found)) return false
  }
  return true
}

/** Each extension may come once: of two, a server could take the other one. */
function readExtension(type: number, body: Reader, found: Extensions): boolean {
  switch (type) {
    case EXTENSION.serverName:
      if (found.serverName !== undefined) return false
      found.serverName = readServerName(body)
      return found.serverName !== undefined
    case EXTENSION.alpn:
      if (found.alpn !== undefined) return false
      found.alpn = readAlpn(body)
      return found.alpn !== undefined
    case EXTENSION.supportedVersions:
      if (found.versions !== undefined) return false
      found.versions = readVersions(body)
      return found.versions !== undefined
    case EXTENSION.encryptedClientHello:
      if (found.ech) return false
      found.ech = true
      return true
    default:
      return true
  }
}

/** A list that may hold one host name; no other type of name was ever defined. */
function readServerName(body: Reader): string | undefined {
  const size = body.u16()
  const type = body.u8()
  const name = body.take(body.u16())
  if (!body.ok || body.left > 0 || type !== 0 || size !== name.length + 3) return undefined
  const text = latin1Text(name, 0, name.length)
  return /^[0-9a-zA-Z._:-]{1,255}$/.test(text) ? text.toLowerCase() : undefined
}

function readAlpn(body: Reader): string[] | undefined {
  const list = body.part(body.u16())
  const names: string[] = []
  if (!body.ok || body.left > 0 || list.left === 0) return undefined
  while (list.left > 0) {
    const name = list.take(list.u8())
    if (!list.ok || name.length === 0) return undefined
    names.push(latin1Text(name, 0, name.length))
  }
  return names
}

function readVersions(body: Reader): string[] | undefined {
  const list = body.part(body.u8())
  if (!body.ok || body.left > 0 || list.left < 2 || list.left % 2 === 1) return undefined
  const versions: string[] = []
  while (list.left > 0) {
    const version = list.u16()
    const grease = (version & 0x0f0f) === 0x0a0a && version >> 8 === (version & 0xff)
    if (!grease) versions.push(VERSIONS[version] ?? `0x${version.toString(16).padStart(4, '0')}`)
  }
  return versions
}
