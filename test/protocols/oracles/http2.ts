import { createServer, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2'
import { http2Request } from 'router-sdk/protocols'
import { readFields } from '../../../sdk/src/protocols/hpack.ts'
import { Reader } from '../../../sdk/src/protocols/reader.ts'
import * as fixtures from '../../fixtures/protocols/http2.ts'
import { Feed } from './feed.ts'
import { type Oracle, reasonOf } from './oracle.ts'

const PREFACE = 24
const HEADERS = 1
const SETTINGS = 4
const WINDOW = 8
const server = createServer({ maxHeaderListPairs: 65_536 })

/** Node's own server, whose parser is nghttp2: its frames, its HPACK and its rules for fields. */
export const http2: Oracle = {
  name: "Node's HTTP/2 server",
  fixtures: Object.values(fixtures),
  mutants: 3000,
  bothRead: 300,
  async compare(bytes) {
    const ours = http2Request(bytes)
    const theirs = await ask(bytes)
    if (ours.match !== 'yes')
      return theirs === undefined ? { kind: 'neither' } : { kind: 'theirs', reason: whyRefused(theirs, bytes) }
    if (theirs === undefined) return { kind: 'ours', reason: whyOnlyOurs(bytes) }
    const { method, scheme, path, query, host, headers } = ours
    const target = path + (query === undefined ? '' : `?${query}`)
    const named = theirs[':authority'] ?? theirs.host ?? ''
    return {
      kind: 'both',
      ours: [method, scheme, target, host, headers.accept, headers.cookie],
      theirs: [
        theirs[':method'],
        theirs[':scheme'],
        theirs[':path'] ?? '',
        hostOf(named),
        theirs.accept,
        theirs.cookie,
      ],
    }
  },
}

/** The fields of the first request, when there is one. */
function ask(bytes: Uint8Array): Promise<IncomingHttpHeaders | undefined> {
  const { promise, resolve } = Promise.withResolvers<IncomingHttpHeaders | undefined>()
  const socket = new Feed(bytes)
  server.once('session', (session: ServerHttp2Session) => {
    session.on('error', () => resolve(undefined))
    session.on('close', () => resolve(undefined))
    session.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      resolve(headers)
      session.destroy()
    })
  })
  server.emit('connection', socket)
  return promise
}

function hostOf(authority: string): string {
  return authority
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
}

/** Frames up to the one that begins the first request, with their payloads. */
function framesOf(bytes: Uint8Array): { type: number; flags: number; stream: number; payload: Reader }[] {
  const reader = new Reader(bytes, PREFACE)
  const frames: ReturnType<typeof framesOf> = []
  while (reader.left > 0 && frames.at(-1)?.type !== HEADERS) {
    const size = reader.u24()
    frames.push({ type: reader.u8(), flags: reader.u8(), stream: reader.u32(), payload: reader.part(size) })
  }
  return frames
}

/** Node leaves out a broken field and reads on; we refuse the request. */
function whyRefused(headers: IncomingHttpHeaders, bytes: Uint8Array): string | undefined {
  const authority = headers[':authority'] ?? headers.host ?? ''
  const request = framesOf(bytes).at(-1)
  if (request !== undefined && (request.flags & 0x20) !== 0) request.payload.skip(5)
  const fields = request && readFields(request.payload.take(request.payload.left))
  return reasonOf({
    'its authority is none, or two that differ':
      !/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{0,5})?$/i.test(authority) || (headers.host ?? authority) !== authority,
    'its port is above 65535': Number(/:(\d+)$/.exec(authority)?.[1] ?? 0) > 65_535,
    'a field is broken, which nghttp2 leaves out': fields?.some((field) => !isWell(field)) ?? false,
    'its target is none': !/^[/*][!-~]*$/.test(headers[':path'] ?? '') || (headers[':path']?.includes('#') ?? false),
  })
}

function isWell([name, value]: readonly [string, string]): boolean {
  return (
    /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/.test(value)
  )
}

/** We step over the frames before the request, and do not read what they say. */
function whyOnlyOurs(bytes: Uint8Array): string | undefined {
  const frames = framesOf(bytes)
  const request = frames.at(-1)
  return reasonOf({
    'a setting before it is out of range': frames.some(({ type, payload }) => type === SETTINGS && !isInRange(payload)),
    'a window before it is opened by nothing, by too much, or for a stream that is not open': frames.some(
      ({ type, stream, payload }) => type === WINDOW && (stream !== 0 || !opens(payload.u32() % 2 ** 31)),
    ),
    'it ends where a body is announced': (request?.flags ?? 0) % 2 === 1,
  })
}

/** A window begins with 65,535 bytes, and may not pass 2 GiB. */
function opens(bytes: number): boolean {
  return bytes > 0 && bytes + 65_535 < 2 ** 31
}

/** RFC 9113, section 6.5.2; of RFC 8441 and 9218 a switch each. */
function isInRange(settings: Reader): boolean {
  while (settings.left > 0) {
    const id = settings.u16()
    const value = settings.u32()
    if ([2, 8, 9].includes(id) && value > 1) return false
    if (id === 4 && value >= 2 ** 31) return false
    if (id === 5 && (value < 2 ** 14 || value >= 2 ** 24)) return false
  }
  return true
}
