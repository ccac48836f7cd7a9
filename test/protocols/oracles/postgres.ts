import { Socket } from 'node:net'
import { PostgresConnection } from 'pg-gateway'
import { type PostgresStartup, postgresStartup } from 'router-sdk/protocols'
import { postgres as startup } from 'router-sdk/testing'
import { psqlAfterSslRefused, psqlSslRequest, psqlStartup } from '../../fixtures/protocols/postgres.ts'
import { bytesOf, type Oracle, oneMark, reasonOf } from './oracle.ts'

const HEADER = 8
const LARGEST = 10_000
/** Of a server for a connection that is never made: what it reads messages with. */
const server = new PostgresConnection(new Socket())

interface Startup {
  readonly version: string
  readonly parameters: Readonly<Record<string, string>>
  /** Where reading ended. */
  readonly end: number
}

/** pg-gateway knows neither requests to cancel nor those for GSSAPI, which are left out of the fixtures. */
export const postgres: Oracle = {
  name: 'pg-gateway',
  fixtures: [psqlStartup, psqlSslRequest, psqlAfterSslRefused, bytesOf(startup({ user: 'alice', database: 'shop' }))],
  mutants: 20_000,
  bothRead: 1500,
  compare(bytes) {
    const ours = postgresStartup(bytes)
    const message = messageOf(bytes)
    const theirs = message && read(message)
    if (ours.match !== 'yes')
      return message && theirs ? { kind: 'theirs', reason: whyRefused(message, theirs) } : { kind: 'neither' }
    if (theirs === undefined) return { kind: 'ours', reason: undefined }
    if (ours.kind === 'cancel' || ours.kind === 'gssenc')
      return { kind: 'ours', reason: 'theirs takes each request that is not for TLS for a start-up' }
    return { kind: 'both', ours: ourWords(ours), theirs: theirs === 'ssl' ? 'ssl' : theirWords(theirs) }
  },
}

/** The first message, when it came whole. */
function messageOf(bytes: Uint8Array): Buffer | undefined {
  if (bytes.length < HEADER) return undefined
  const all = Buffer.from(bytes)
  const length = all.readUInt32BE(0)
  return length >= HEADER && length <= all.length ? all.subarray(0, length) : undefined
}

function read(message: Buffer): Startup | 'ssl' {
  if (server.isSslRequest(message)) return 'ssl'
  server.reader.setBuffer(0, message)
  const { majorVersion, minorVersion, parameters } = server.readStartupMessage()
  const version = `${majorVersion & 0xffff}.${minorVersion & 0xffff}`
  return { version, parameters, end: Number(Reflect.get(server.reader, 'offset')) }
}

function ourWords(ours: PostgresStartup): unknown {
  if (ours.kind !== 'startup') return ours.kind
  return [ours.version, words(ours.parameters)]
}

function theirWords({ version, parameters }: Startup): unknown {
  return [version, words(parameters)]
}

function words(parameters: Readonly<Record<string, string | undefined>>): unknown {
  return Object.entries(parameters).map(([name, value]) => [oneMark(name), oneMark(value ?? '')])
}

function whyRefused(message: Buffer, theirs: Startup | 'ssl'): string | undefined {
  if (theirs === 'ssl') return reasonOf({ 'a request for TLS has 8 bytes': message.length !== HEADER })
  const fields = message.toString('latin1', HEADER, message.length - 2).split('\0')
  const names = fields.filter((_, at) => at % 2 === 0)
  return reasonOf({
    'it is above 10,000 bytes': message.length > LARGEST,
    'its protocol is not version 3': !theirs.version.startsWith('3.'),
    'it does not end with its list': theirs.end !== message.length,
    'it names no user': !theirs.parameters.user,
    'a parameter comes twice': new Set(names).size < names.length,
  })
}
