import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type MysqlLogin, mysqlHandshakeResponse } from 'router-sdk/protocols'
import { mariadbLogin, mariadbLoginWithoutDatabase } from '../../fixtures/protocols/mysql.ts'
import { type Oracle, oneMark, reasonOf } from './oracle.ts'

const HEADER = 4
const FIXED = 32
const LARGEST = 65_535
const PROTOCOL_41 = 0x200
const ATTRIBUTES = 1 << 20
const CHARACTER_SET = 12
const UTF8 = 45

interface Response {
  readonly clientFlags: number
  readonly user: string
  readonly database?: string
  readonly authPluginName?: string
  readonly connectAttributes?: Readonly<Record<string, string | null>>
}

interface Packet {
  readonly offset: number
  readonly end: number
  readNullTerminatedString(encoding: string): string
  readLengthCodedNumber(): number | null
  readLengthCodedString(encoding: string): string | null
}

interface Reading {
  readonly response: Response
  /** Where reading ended. */
  readonly end: number
  /** Whether a text did not end. */
  readonly ranOut: boolean
  /** Whether a length was the mark for null. */
  readonly hasNull: boolean
  /** Where what was announced last, such as the list of attributes, ends. */
  readonly announcedEnd: number
}

interface Modules {
  readonly Packet: new (id: number, buffer: Buffer, start: number, end: number) => Packet
  readonly HandshakeResponse: { fromPacket(packet: Packet): Response }
}

/** Its server's reader, which the package does not export by name. */
const { Packet, HandshakeResponse } = load()

/**
 * mysql2 reads texts in the client's character set, which is no router's business: it is told that all are UTF-8. It reads no
 * requests for TLS here, which are left out of the fixtures.
 */
export const mysql: Oracle = {
  name: 'mysql2',
  fixtures: [mariadbLogin, mariadbLoginWithoutDatabase],
  mutants: 20_000,
  bothRead: 2000,
  compare(bytes) {
    const ours = mysqlHandshakeResponse(bytes)
    const payload = payloadOf(bytes)
    const theirs = payload && read(payload)
    if (ours.match !== 'yes')
      return payload && theirs ? { kind: 'theirs', reason: whyRefused(bytes, payload, theirs) } : { kind: 'neither' }
    if (ours.kind === 'ssl') return { kind: 'ours', reason: 'theirs takes a request for TLS for a login' }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(payload, ours) }
    return { kind: 'both', ours: ourWords(ours), theirs: theirWords(theirs.response) }
  },
}

/** Remembers where a list that it was told the length of ends. */
class Watched extends Packet {
  announcedEnd = 0
  ranOut = false
  hasNull = false

  override readNullTerminatedString(encoding: string): string {
    const text = super.readNullTerminatedString(encoding)
    if (this.offset > this.end) this.ranOut = true
    return text
  }

  override readLengthCodedNumber(): number | null {
    const length = super.readLengthCodedNumber()
    if (length === null) this.hasNull = true
    this.announcedEnd = this.offset + (length ?? 0)
    return length
  }

  override readLengthCodedString(encoding: string): string | null {
    const { announcedEnd } = this
    const text = super.readLengthCodedString(encoding)
    this.announcedEnd = announcedEnd
    return text
  }
}

function load(): Modules {
  const require = createRequire(import.meta.url)
  const folder = join(dirname(require.resolve('mysql2/package.json')), 'lib', 'packets')
  return {
    Packet: require(join(folder, 'packet.js')),
    HandshakeResponse: require(join(folder, 'handshake_response.js')),
  }
}

/** The first packet with its header, when it came whole. */
function payloadOf(bytes: Uint8Array): Buffer | undefined {
  if (bytes.length < HEADER + FIXED) return undefined
  const length = HEADER + Buffer.from(bytes).readUIntLE(0, 3)
  if (length < HEADER + FIXED || length > bytes.length) return undefined
  const packet = Buffer.from(bytes.subarray(0, length))
  packet[CHARACTER_SET] = UTF8
  return packet
}

function read(packet: Buffer): Reading | undefined {
  const { trace } = console
  console.trace = () => {} // with which theirs announces what it throws
  try {
    const reader = new Watched(1, packet, 0, packet.length)
    const response = HandshakeResponse.fromPacket(reader)
    return {
      response,
      end: reader.offset,
      announcedEnd: reader.announcedEnd,
      ranOut: reader.ranOut,
      hasNull: reader.hasNull,
    }
  } catch {
    return undefined
  } finally {
    console.trace = trace
  }
}

function ourWords({ user, database, plugin, attributes }: MysqlLogin): unknown {
  return [oneMark(user), oneMark(database ?? ''), oneMark(plugin ?? ''), pairs(attributes)]
}

function theirWords(response: Response): unknown {
  const { user, database = '', authPluginName = '', connectAttributes = {} } = response
  return [oneMark(user), oneMark(database), oneMark(authPluginName), pairs(connectAttributes)]
}

function pairs(attributes: Readonly<Record<string, string | null | undefined>>): unknown {
  return Object.entries(attributes).map(([name, value]) => [oneMark(name), oneMark(value ?? '')])
}

function whyRefused(bytes: Uint8Array, packet: Buffer, theirs: Reading): string | undefined {
  return reasonOf({
    'it is above 65,535 bytes': packet.length > LARGEST,
    'it is not the second packet of its exchange': bytes[3] !== 1,
    'it is of the protocol before 4.1': (theirs.response.clientFlags & PROTOCOL_41) === 0,
    'a length is null, of which there is none here': theirs.hasNull,
    'its last attribute goes on beyond their list':
      theirs.response.connectAttributes !== undefined && theirs.end > theirs.announcedEnd,
    'it ends before what it announces': theirs.ranOut || theirs.end > packet.length || packet.length === HEADER + FIXED,
  })
}

function whyOnlyOurs(packet: Buffer | undefined, { attributes }: MysqlLogin): string | undefined {
  const announced = packet !== undefined && (packet.readUInt32LE(HEADER) & ATTRIBUTES) !== 0
  return reasonOf({
    'it ends before the attributes that it announces, as servers allow':
      announced && Object.keys(attributes).length === 0,
  })
}
