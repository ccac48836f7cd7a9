/**
 * What a PostgreSQL client sends first: its start-up parameters, or a request for encryption, or to cancel a query.
 *
 * Specification: PostgreSQL's documentation, "Frontend/Backend Protocol", sections "Message Flow" (Start-up, Canceling Requests,
 * SSL and GSSAPI Session Encryption) and "Message Formats" (StartupMessage, SSLRequest, GSSENCRequest, CancelRequest).
 */
import { type Match, NO, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { utf8Text } from './text.ts'

/** The first message of a PostgreSQL client: who it is, that it wants encryption, or that a query is to end. */
export type PostgresStartup = PostgresParameters | PostgresEncryption | PostgresCancel

/** What a PostgreSQL client begins with, in clear. */
export interface PostgresParameters {
  readonly match: 'yes'
  readonly kind: 'startup'
  /** The protocol version, `3.0` or above. */
  readonly version: string
  /** The user name, never empty. */
  readonly user: string
  /** The name of the user where the client names no database, as the server has it. */
  readonly database: string
  /** Everything the client sent, such as `application_name`, `options`, `replication`. */
  readonly parameters: Readonly<Record<string, string | undefined>>
  /** The length of the message. */
  readonly length: number
}

/**
 * The client waits for one byte: `S` (or `G`) to go on encrypted, `N` to stay in clear. With a recent client (`sslnegotiation=direct`)
 * there is no such request: it begins with a TLS ClientHello.
 */
export interface PostgresEncryption {
  readonly match: 'yes'
  readonly kind: 'ssl' | 'gssenc'
  /** The length of the message: 8. */
  readonly length: number
}

/** Sent on a connection of its own, which the server closes. */
export interface PostgresCancel {
  readonly match: 'yes'
  readonly kind: 'cancel'
  /** The process that runs the query, as the server named it to the client. */
  readonly processId: number
  /** The secret that goes with it: 4 bytes, up to 256 since protocol 3.2. */
  readonly secretKey: Uint8Array
  /** The length of the message. */
  readonly length: number
}

const MAX_LENGTH = 10_000 // the server's own limit on this message
const HEADER = 8
const CANCEL = 5678
const SSL = 5679
const GSSENC = 5680

/**
 * Reads the first message of a PostgreSQL client.
 *
 * @example
 * const pg = postgresStartup(conn.bytes)
 * if (pg.match === 'need-more') return { noop: true, atLeast: pg.atLeast }
 * if (pg.match === 'no' || pg.kind !== 'startup') return { close: true }
 * return { remote: pg.database === 'shop' ? '10.0.0.5:5432' : '10.0.0.6:5432' }
 */
export function postgresStartup(bytes: Uint8Array): Match<PostgresStartup> {
  // A length of at most 10,000 begins with two zeros: text and TLS are told apart at the first byte.
  for (let at = 0; at < 2; at++) if (bytes[at] !== undefined && bytes[at] !== 0) return NO
  if (bytes.length < HEADER) return needMore(HEADER)
  const header = new Reader(bytes)
  const length = header.u32()
  const major = header.u16()
  const minor = header.u16()
  if (length < HEADER || length > MAX_LENGTH) return NO
  if (major === 3) return bytes.length < length ? needMore(length) : readStartup(bytes, minor, length)
  if (major !== 1234) return NO
  if (minor === CANCEL) return readCancel(bytes, length)
  if ((minor !== SSL && minor !== GSSENC) || length !== HEADER) return NO
  return { match: 'yes', kind: minor === SSL ? 'ssl' : 'gssenc', length }
}

function readStartup(bytes: Uint8Array, minor: number, length: number): Match<PostgresParameters> {
  const parameters: Record<string, string | undefined> = Object.create(null)
  let at = HEADER
  // Names and values end with NUL each; an empty name ends the list, and must be the message's last byte.
  while (at < length && bytes[at] !== 0) {
    const name = bytes.indexOf(0, at)
    const value = bytes.indexOf(0, name + 1)
    if (name === -1 || value === -1 || value >= length - 1) return NO
    const key = utf8Text(bytes, at, name)
    // Of two values the server takes the last; a router must not be led to take the first.
    if (parameters[key] !== undefined) return NO
    parameters[key] = utf8Text(bytes, name + 1, value)
    at = value + 1
  }
  const { user, database } = parameters
  if (at !== length - 1 || user === undefined || user === '') return NO
  return { match: 'yes', kind: 'startup', version: `3.${minor}`, user, database: database || user, parameters, length }
}

function readCancel(bytes: Uint8Array, length: number): Match<PostgresCancel> {
  const keyFrom = HEADER + 4
  if (length < keyFrom + 4 || length > keyFrom + 256) return NO
  if (bytes.length < length) return needMore(length)
  const processId = new Reader(bytes, HEADER).u32()
  return { match: 'yes', kind: 'cancel', processId, secretKey: bytes.slice(keyFrom, length), length }
}
