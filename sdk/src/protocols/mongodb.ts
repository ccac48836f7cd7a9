/**
 * The greeting of a MongoDB client: `hello`, in an OP_MSG, or its older form `isMaster`, in an OP_QUERY.
 *
 * Specification: MongoDB's manual, "MongoDB Wire Protocol" (OP_MSG, OP_QUERY), the drivers' specification "MongoDB Handshake",
 * and bsonspec.org, version 1.1.
 */
import { type Match, NO, needMore } from './match.ts'
import { Reader } from './reader.ts'
import { utf8Text } from './text.ts'

/** How a MongoDB driver introduces itself. */
export interface MongoHello {
  readonly match: 'yes'
  /** `isMaster` from older drivers. */
  readonly command: 'hello' | 'isMaster'
  /** The database that is asked; `admin` from drivers. */
  readonly database: string
  /** The name that the application gives itself (`appName` in a connection string). */
  readonly application: string | undefined
  /** The name of the driver, such as `nodejs`. */
  readonly driver: string | undefined
  /** The user that is about to log in, as `database.user`, where the driver says it here. */
  readonly saslSupportedMechs: string | undefined
  /** Whether the client was told that a load balancer stands in between. */
  readonly loadBalanced: boolean
  /** The length of the message. */
  readonly length: number
}

const HEADER = 16
const MAX_LENGTH = 65_536
const OP_QUERY = 2004
const OP_MSG = 2013
const CHECKSUM = 1
const REQUIRED_FLAGS = 0xffff

/**
 * Reads the first message of a MongoDB client.
 *
 * @example
 * const mongo = mongoHello(conn.bytes)
 * if (mongo.match === 'need-more') return { noop: true, atLeast: mongo.atLeast }
 * if (mongo.match === 'no') return { close: true }
 * return { remote: mongo.application === 'till' ? '10.0.0.5:27017' : '10.0.0.6:27017' }
 */
export function mongoHello(bytes: Uint8Array): Match<MongoHello> {
  const header = new Reader(bytes)
  const length = header.u32le()
  if (bytes.length >= 4 && (length < HEADER + 10 || length > MAX_LENGTH)) return NO
  if (bytes.length < HEADER) return needMore(HEADER + 10)
  header.skip(4) // request id
  if (header.u32le() !== 0) return NO // in answer to nothing
  const code = header.u32le()
  if (code !== OP_MSG && code !== OP_QUERY) return NO
  if (bytes.length < length) return needMore(length)
  const body = new Reader(bytes, HEADER, length)
  return code === OP_MSG ? readMessage(body, length) : readQuery(body, length)
}

function readMessage(body: Reader, length: number): Match<MongoHello> {
  const flags = body.u32le()
  if ((flags & REQUIRED_FLAGS) >>> 0 > 3 || body.u8() !== 0) return NO
  const found = readDocument(body)
  if ((flags & CHECKSUM) !== 0) body.skip(4)
  return body.left > 0 || !body.ok ? NO : hello(found, found?.$db, length)
}

/** To the collection `<database>.$cmd`. */
function readQuery(body: Reader, length: number): Match<MongoHello> {
  body.skip(4) // flags
  const name = readName(body)
  body.skip(8) // how many to skip, how many to return
  const found = readDocument(body)
  if (!body.ok || !name.endsWith('.$cmd')) return NO
  return hello(found, name.slice(0, -'.$cmd'.length), length)
}

type Values = Record<string, string | boolean | undefined>

function hello(found: Values | undefined, database: string | boolean | undefined, length: number): Match<MongoHello> {
  const first = Object.keys(found ?? {})[0]?.toLowerCase()
  if (found === undefined || typeof database !== 'string' || (first !== 'hello' && first !== 'ismaster')) return NO
  return {
    match: 'yes',
    command: first === 'hello' ? 'hello' : 'isMaster',
    database,
    application: text(found[`client${INNER}application${INNER}name`]),
    driver: text(found[`client${INNER}driver${INNER}name`]),
    saslSupportedMechs: text(found.saslSupportedMechs),
    loadBalanced: found.loadBalanced === true,
    length,
  }
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Sizes of BSON's values that have a fixed one, by type. */
const SIZES: Readonly<Record<number, number>> = {
  1: 8,
  6: 0,
  7: 12,
  8: 1,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
  127: 0,
  255: 0,
}
/** Between the names of a path: in none of them. */
const INNER = '\0'
const DEPTH = ['client', `client${INNER}application`, `client${INNER}driver`]

/** The strings and booleans of a document, by path; of documents within it only those that are looked into. */
function readDocument(outer: Reader, path = '', values: Values = Object.create(null)): Values | undefined {
  const size = outer.u32le()
  const document = outer.part(size - 4)
  while (document.ok && document.left > 1) {
    const type = document.u8()
    const name = path + readName(document)
    // Of two values servers and drivers take different ones.
    if (name in values) return undefined
    values[name] = undefined
    if (type === 3 && DEPTH.includes(name)) {
      if (readDocument(document, name + INNER, values) === undefined) return undefined
    } else readValue(document, type, name, values)
  }
  return document.u8() === 0 && document.ok && document.left === 0 ? values : undefined
}

function readValue(document: Reader, type: number, name: string, values: Values): void {
  const size = SIZES[type]
  if (type === 2) values[name] = readString(document)
  else if (type === 8) values[name] = document.u8() === 1
  else if (size !== undefined) document.skip(size)
  else if (type === 3 || type === 4 || type === 15) document.skip(document.u32le() - 4)
  else if (type === 5) document.skip(document.u32le() + 1)
  else if (type === 12) document.skip(document.u32le() + 12)
  else if (type === 13 || type === 14) document.skip(document.u32le())
  else if (type === 11) {
    document.terminated() // the expression
    document.terminated() // its options
  } else document.skip(-1)
}

function readString(document: Reader): string {
  const bytes = document.take(document.u32le())
  if (bytes.at(-1) !== 0) document.skip(-1)
  return utf8Text(bytes, 0, bytes.length - 1)
}

function readName(document: Reader): string {
  const bytes = document.terminated()
  return utf8Text(bytes, 0, bytes.length)
}
