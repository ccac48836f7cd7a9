import { type Document, deserialize, onDemand } from 'bson'
import { type MongoHello, mongoHello } from 'router-sdk/protocols'
import * as fixtures from '../../fixtures/protocols/mongodb.ts'
import { type Oracle, oneMark, reasonOf } from './oracle.ts'

const HEADER = 16
const LARGEST = 65_536
const OP_QUERY = 2004
const OP_MSG = 2013

interface Message {
  readonly database: unknown
  /** The document, and what stands behind it. */
  readonly rest: Buffer
}

/** bson reads the document; the header before it is read here. */
export const mongodb: Oracle = {
  name: 'bson',
  fixtures: Object.values(fixtures),
  mutants: 20_000,
  bothRead: 1000,
  compare(bytes) {
    const ours = mongoHello(bytes)
    const message = messageOf(Buffer.from(bytes))
    const document = message && read(message.rest)
    const theirs = message && document && greeting(message, document)
    if (ours.match !== 'yes')
      return theirs ? { kind: 'theirs', reason: whyRefused(bytes, message.rest) } : { kind: 'neither' }
    if (message === undefined) return { kind: 'ours', reason: undefined }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(message.rest) }
    return { kind: 'both', ours: ourWords(ours), theirs }
  },
}

function messageOf(bytes: Buffer): Message | undefined {
  const length = bytes.length < HEADER ? 0 : bytes.readUInt32LE(0)
  if (length < HEADER + 10 || length > bytes.length || bytes.readUInt32LE(8) !== 0) return undefined
  const body = bytes.subarray(HEADER, length)
  const code = bytes.readUInt32LE(12)
  if (code === OP_MSG && body[4] === 0) {
    const trailing = (body.readUInt32LE(0) & 1) === 0 ? 0 : 4
    return { database: undefined, rest: body.subarray(5, body.length - trailing) }
  }
  const end = body.indexOf(0, 4)
  const name = body.toString('utf8', 4, end)
  if (code !== OP_QUERY || end === -1 || !name.endsWith('.$cmd')) return undefined
  return { database: name.slice(0, -'.$cmd'.length), rest: body.subarray(end + 9) }
}

function read(rest: Buffer): Document | undefined {
  try {
    return deserialize(rest, { allowObjectSmallerThanBufferSize: true, validation: { utf8: false } })
  } catch {
    return undefined
  }
}

function greeting({ database }: Message, document: Document): unknown {
  const [first = ''] = Object.keys(document)
  const command = first.toLowerCase()
  const named: unknown = database ?? document.$db
  if ((command !== 'hello' && command !== 'ismaster') || typeof named !== 'string') return undefined
  const { client, saslSupportedMechs, loadBalanced } = document
  const texts = [named, client?.application?.name, client?.driver?.name, saslSupportedMechs]
  return [command, ...texts.map(textOf), loadBalanced === true]
}

function ourWords(ours: MongoHello): unknown {
  const { command, database, application, driver, saslSupportedMechs, loadBalanced } = ours
  return [command.toLowerCase(), ...[database, application, driver, saslSupportedMechs].map(textOf), loadBalanced]
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? oneMark(value) : undefined
}

function whyRefused(bytes: Uint8Array, rest: Buffer): string | undefined {
  const message = Buffer.from(bytes)
  const isMessage = message.readUInt32LE(12) === OP_MSG
  return reasonOf({
    'it is above 65,536 bytes': message.readUInt32LE(0) > LARGEST,
    'it asks for what no client may ask for': isMessage && (message.readUInt32LE(16) & 0xfffc) !== 0,
    'something stands behind its document': rest.length !== rest.readUInt32LE(0),
    'a name comes twice': hasDouble(rest),
  })
}

/** Whether a name comes twice in the document, or in one of those in it that are looked into. */
function hasDouble(document: Uint8Array): boolean {
  const elements = [...onDemand.parseToElements(document)]
  const names = elements.map((element) =>
    Buffer.from(document.subarray(element[1], element[1] + element[2])).toString(),
  )
  const inner = elements.filter(
    (element, at) => element[0] === 3 && ['client', 'application', 'driver'].includes(names[at] ?? ''),
  )
  const documents = inner.map((element) => document.subarray(element[3], element[3] + element[4]))
  return new Set(names).size < names.length || documents.some(hasDouble)
}

/** We step over values that tell a router nothing, by their sizes. */
function whyOnlyOurs(rest: Buffer): string | undefined {
  return reasonOf({ 'a value that is stepped over is broken': isWell(rest.subarray(0, rest.readUInt32LE(0))) })
}

function isWell(document: Uint8Array): boolean {
  try {
    hasDouble(document)
    return true
  } catch {
    return false
  }
}
