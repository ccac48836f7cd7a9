/**
 * The first packet of a MySQL or MariaDB client, sent once the server has greeted it.
 *
 * Specification: MySQL's "Client/Server Protocol", "Connection Phase": HandshakeResponse41 and SSLRequest; MariaDB's knowledge base,
 * "Connecting", for its extended capabilities.
 */
import { type Match, NO, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { utf8Text } from './text.ts'

/** What a MySQL client answers to the server's greeting: who it is, or first that it wants encryption. */
export type MysqlHandshakeResponse = MysqlLogin | MysqlSslRequest

/** What a MySQL client says of itself, in clear. */
export interface MysqlLogin {
  readonly match: 'yes'
  readonly kind: 'login'
  /** The user name. */
  readonly user: string
  /** The database to begin with, where the client names one. */
  readonly database: string | undefined
  /** How the client answers the server's challenge, such as `caching_sha2_password`. */
  readonly plugin: string | undefined
  /** What the client says of itself, such as `program_name` and `_client_name`. */
  readonly attributes: Readonly<Record<string, string | undefined>>
  /** The length of the packet. */
  readonly length: number
}

/** A TLS ClientHello follows at once; user and database come encrypted. */
export interface MysqlSslRequest {
  readonly match: 'yes'
  readonly kind: 'ssl'
  /** The length of the packet. */
  readonly length: number
}

const HEADER = 4
const FIXED = 32
const MAX_PAYLOAD = 65_535
const CAPABILITY = {
  database: 1 << 3,
  protocol41: 1 << 9,
  ssl: 1 << 11,
  secure: 1 << 15,
  plugin: 1 << 19,
  attributes: 1 << 20,
  longAnswer: 1 << 21,
}

/**
 * Reads the answer of a client to the server's greeting. The server speaks first in this protocol: a router sees these bytes only
 * from clients that do not wait, or after somebody else's greeting.
 *
 * @example
 * const mysql = mysqlHandshakeResponse(conn.bytes)
 * if (mysql.match === 'yes' && mysql.kind === 'login' && mysql.database === 'shop') return { remote: '10.0.0.5:3306' }
 */
export function mysqlHandshakeResponse(bytes: Uint8Array): Match<MysqlHandshakeResponse> {
  // Number 1 in its exchange: the greeting was 0.
  if ((bytes[2] ?? 0) !== 0 || (bytes[3] ?? 1) !== 1) return NO
  if (bytes.length < HEADER) return needMore(HEADER + FIXED)
  const length = HEADER + new Reader(bytes).u24le()
  if (length < HEADER + FIXED || length > MAX_PAYLOAD) return NO
  if (bytes.length < HEADER + FIXED) return needMore(HEADER + FIXED)
  const fixed = new Reader(bytes, HEADER)
  const capabilities = fixed.u32le()
  if ((capabilities & CAPABILITY.protocol41) === 0) return NO
  if (length === HEADER + FIXED)
    return (capabilities & CAPABILITY.ssl) === 0 ? NO : { match: 'yes', kind: 'ssl', length }
  return bytes.length < length ? needMore(length) : readLogin(bytes, capabilities, length)
}

function readLogin(bytes: Uint8Array, capabilities: number, length: number): Match<MysqlLogin> {
  const has = (capability: number) => (capabilities & capability) !== 0
  const body = new Reader(bytes, HEADER + FIXED, length)
  const user = readString(body)
  if (has(CAPABILITY.longAnswer)) body.skip(readLength(body))
  else if (has(CAPABILITY.secure)) body.skip(body.u8())
  else readString(body)
  const database = has(CAPABILITY.database) ? readString(body) : undefined
  const plugin = has(CAPABILITY.plugin) && body.left > 0 ? readString(body) : undefined
  const attributes: Record<string, string | undefined> = Object.create(null)
  const list = has(CAPABILITY.attributes) && body.left > 0 ? body.part(readLength(body)) : undefined
  while (list?.ok && list.left > 0) {
    const name = readCounted(list)
    attributes[name] = readCounted(list)
  }
  if (!body.ok || list?.ok === false) return NO
  return { match: 'yes', kind: 'login', user, database: database || undefined, plugin, attributes, length }
}

function readString(body: Reader): string {
  const bytes = body.terminated()
  return utf8Text(bytes, 0, bytes.length)
}

function readCounted(list: Reader): string {
  const bytes = list.take(readLength(list))
  return utf8Text(bytes, 0, bytes.length)
}

/** A length of one byte, or of two to eight after a mark; -1 for one that no packet here can have. */
function readLength(body: Reader): number {
  const first = body.u8()
  if (first < 0xfb) return first
  return first === 0xfc ? body.u16le() : first === 0xfd ? body.u24le() : -1
}
