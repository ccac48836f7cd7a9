import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { getExtensionData, readTlsClientHello } from 'read-tls-client-hello'
import { type TlsClientHello, tlsClientHello } from 'router-sdk/protocols'
import { tlsHello } from 'router-sdk/testing'
import { Reader } from '../../../sdk/src/protocols/reader.ts'
import { curlHttps, nodePostQuantum, opensslTls12, opensslTls13 } from '../../fixtures/protocols/tls.ts'
import { bytesOf, type Oracle, reasonOf } from './oracle.ts'

type Hello = Awaited<ReturnType<typeof readTlsClientHello>>

const EXTENSION = { serverName: 0, alpn: 16, versions: 43, ech: 0xfe0d } as const
const VERSIONS: Readonly<Record<string, number>> = {
  SSLv3: 768,
  TLSv1: 769,
  'TLSv1.1': 770,
  'TLSv1.2': 771,
  'TLSv1.3': 772,
}

/** A hello in several records is not among these: theirs reads one record. */
export const tls: Oracle = {
  name: 'read-tls-client-hello',
  fixtures: [
    opensslTls13,
    opensslTls12,
    curlHttps,
    nodePostQuantum,
    bytesOf(tlsHello('shop.example.com', { alpn: ['h2', 'http/1.1'] })),
    bytesOf(tlsHello(undefined)),
  ],
  mutants: 5000,
  bothRead: 1000,
  async compare(bytes) {
    const ours = tlsClientHello(bytes)
    const theirs = await read(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(bytes, theirs) }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(bytes, ours) }
    return { kind: 'both', ours: ourWords(ours), theirs: theirWords(theirs) }
  },
}

/** Theirs waits on for what will not come; nothing else here takes more than some turns. */
async function read(bytes: Uint8Array): Promise<Hello | undefined> {
  const source = Readable.from([Buffer.from(bytes)], { objectMode: false })
  const reading = readTlsClientHello(source).catch(() => undefined)
  let found: Hello | undefined
  let done = false
  void reading.then((hello) => {
    found = hello
    done = true
  })
  for (let turns = 0; turns < 20 && !done; turns++) await setImmediate()
  source.destroy()
  return found
}

function ourWords({ serverName, alpn, versions, ech }: TlsClientHello): unknown {
  const numbers = versions.map((version) => VERSIONS[version] ?? Number(version))
  return [serverName, alpn.map(ascii), numbers, ech]
}

function theirWords(hello: Hello): unknown {
  const name = getExtensionData(hello, EXTENSION.serverName)?.serverName
  const alpn = getExtensionData(hello, EXTENSION.alpn)?.protocols ?? []
  const versions = getExtensionData(hello, EXTENSION.versions)?.versions ?? [Math.min(hello.version, 0x303)]
  const ech = hello.extensions.some(({ id }) => id === EXTENSION.ech)
  return [name?.toLowerCase(), alpn, versions.filter((version) => !isGrease(version)), ech]
}

/** Theirs drops the top bit of each byte. */
function ascii(text: string): string {
  return Buffer.from(text, 'latin1').toString('ascii')
}

function isGrease(version: number): boolean {
  return (version & 0x0f0f) === 0x0a0a && version >> 8 === (version & 0xff)
}

function whyRefused(bytes: Uint8Array, hello: Hello): string | undefined {
  const known: readonly number[] = Object.values(EXTENSION)
  const ids = hello.extensions.map(({ id }) => id).filter((id) => known.includes(id))
  const record = (bytes[3] ?? 0) * 256 + (bytes[4] ?? 0)
  const name = getExtensionData(hello, EXTENSION.serverName)?.serverName
  return reasonOf({
    'its record is of no version, or above 16 KiB': bytes[1] !== 3 || (bytes[2] ?? 0) > 4 || record > 16_384,
    'its version is none': hello.version < 0x300 || hello.version > 0x3ff,
    'its session id is above 32 bytes': hello.sessionId.length > 32,
    'it offers no cipher suite, or no compression': hello.cipherSuites.length * hello.compressionMethods.length === 0,
    'an extension comes twice': new Set(ids).size < ids.length,
    'its server name is no host name': name !== undefined && !/^[\w.:-]{1,255}$/.test(name),
    'an extension is written otherwise than its contents would be': !extensionsOf(hello).every(({ id, body }) =>
      ids.includes(id) ? Buffer.from(bytes).includes(extension(id, body)) : true,
    ),
    'its lengths do not add up': !addsUp(bytes, hello),
  })
}

/** The extensions that we read, as their contents would be written. */
function extensionsOf(hello: Hello): { id: number; body: Buffer }[] {
  const name = Buffer.from(getExtensionData(hello, EXTENSION.serverName)?.serverName ?? '')
  const names = (getExtensionData(hello, EXTENSION.alpn)?.protocols ?? []).map((each) => Buffer.from(each))
  const versions = getExtensionData(hello, EXTENSION.versions)?.versions ?? []
  const alpn = names.flatMap((each) => (each.length === 0 ? [] : [Buffer.from([each.length]), each]))
  return [
    { id: EXTENSION.serverName, body: sized(Buffer.concat([Buffer.from([0]), sized(name)])) },
    { id: EXTENSION.alpn, body: sized(Buffer.concat(alpn)) },
    { id: EXTENSION.versions, body: Buffer.from([2 * versions.length, ...versions.flatMap(u16)]) },
  ]
}

/** Whether the extensions end where their list, and the list where the message does. */
function addsUp(bytes: Uint8Array, { sessionId, cipherSuites, compressionMethods }: Hello): boolean {
  const from = 5 + 4 + 34 + 1 + sessionId.length + 2 + 2 * cipherSuites.length + 1 + compressionMethods.length
  const end = 5 + (bytes[3] ?? 0) * 256 + (bytes[4] ?? 0)
  if (from + 2 + (bytes[from] ?? 0) * 256 + (bytes[from + 1] ?? 0) !== end) return false
  let at = from + 2
  while (at < end) at += 4 + (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0)
  return at === end
}

function whyOnlyOurs(bytes: Uint8Array, { length }: TlsClientHello): string | undefined {
  const record = (bytes[3] ?? 0) * 256 + (bytes[4] ?? 0)
  const message = new Reader(bytes, 5 + 4 + 34, length)
  message.skip(message.u8())
  message.skip(message.u16())
  message.skip(message.u8())
  return reasonOf({
    'it is in several records': length > 5 + record,
    'it ends before any extension': message.left === 0,
  })
}

function extension(id: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(u16(id)), sized(body)])
}

function sized(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(u16(body.length)), body])
}

function u16(value: number): [number, number] {
  return [value >> 8, value & 255]
}
