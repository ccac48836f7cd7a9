/**
 * The beginning of an HTTP/2 connection: the client's preface and its first request.
 *
 * Specification: RFC 9113, sections 3.4 "HTTP/2 Connection Preface", 4 "HTTP Frames", 6.2 "HEADERS", 6.10 "CONTINUATION" and
 * 8.2 and 8.3 (fields).
 */
import { type Authority, parseAuthority } from './authority.ts'
import { type Field, readFields } from './hpack.ts'
import { agrees, type Match, type NeedMore, NO, type NoMatch, needMore } from './match.ts'
import { Reader } from './reader.ts'

/** The first request of a connection. */
export interface Http2Request {
  readonly match: 'yes'
  /** As sent: upper and lower case differ. */
  readonly method: string
  /** `http` on a connection in clear; `undefined` for CONNECT. */
  readonly scheme: string | undefined
  /** As sent: not decoded, its dots not resolved. `''` for CONNECT. */
  readonly path: string
  /** What follows `?`. */
  readonly query: string | undefined
  /** The host that is asked for, in lower case, without port and brackets. */
  readonly host: string
  /** The port, where the request names one. */
  readonly port: number | undefined
  /** By name, without those that begin with a colon. Values of a repeated field are joined as in `HttpRequest`. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The length of everything up to the end of the first request's header block. */
  readonly length: number
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const FRAME_HEADER = 9
const MAX_FRAME = 16_384
const MAX_BEGINNING = 65_536
const HEADERS = 1
const PRIORITY = 2
const SETTINGS = 4
const PING = 6
const WINDOW_UPDATE = 8
const CONTINUATION = 9
const FLAG = { ack: 1, endHeaders: 4, padded: 8, priority: 32 }

/**
 * Reads the preface and the first request of an HTTP/2 client that speaks in clear with prior knowledge, gRPC for one; up to
 * 64 KiB. (Over TLS none of this can be seen; `tlsClientHello` tells the host there.)
 *
 * The decision holds for the whole connection: requests that follow the first go the same way, whatever their host.
 *
 * @example
 * const http2 = http2Request(conn.bytes)
 * if (http2.match === 'need-more') return { noop: true, atLeast: http2.atLeast }
 * if (http2.match === 'no') return { close: true }
 * return { remote: http2.host === 'grpc.example.com' ? '10.0.0.5:50051' : '10.0.0.6:80' }
 */
export function http2Request(bytes: Uint8Array): Match<Http2Request> {
  if (!agrees(bytes, 0, PREFACE)) return NO
  const block = findBlock(bytes)
  if (block.match !== 'yes') return block
  const fields = readFields(join(block.parts))
  return fields === undefined ? NO : readRequest(fields, block.length)
}

interface Block {
  readonly match: 'yes'
  /** The header block, as it is spread over frames. */
  readonly parts: readonly Uint8Array[]
  readonly length: number
}

interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Reader
}

/** Walks the frames up to the one that ends the first header block. */
function findBlock(bytes: Uint8Array): Block | NeedMore | NoMatch {
  const parts: Uint8Array[] = []
  let stream = 0
  for (let at = PREFACE.length; at < MAX_BEGINNING; ) {
    if (bytes.length < at + FRAME_HEADER) return needMore(at + FRAME_HEADER)
    const header = new Reader(bytes, at)
    const size = header.u24()
    const frame = { type: header.u8(), flags: header.u8(), stream: header.u32() % 2 ** 31 }
    const end = at + FRAME_HEADER + size
    if (size > MAX_FRAME || !isExpected(frame, size, at === PREFACE.length, stream)) return NO
    if (bytes.length < end) return needMore(end)
    if (frame.type === HEADERS || frame.type === CONTINUATION) {
      const part = fragment({ ...frame, payload: new Reader(bytes, at + FRAME_HEADER, end) })
      if (part === undefined) return NO
      parts.push(part)
      stream = frame.stream
      if ((frame.flags & FLAG.endHeaders) !== 0) return { match: 'yes', parts, length: end }
    }
    at = end
  }
  return NO
}

/** Whether a frame may stand here: settings first, nothing between the parts of a header block, no body before a request. */
function isExpected(frame: Omit<Frame, 'payload'>, size: number, first: boolean, open: number): boolean {
  const { type, flags, stream } = frame
  if (first) return type === SETTINGS && stream === 0 && (flags & FLAG.ack) === 0 && size % 6 === 0
  if (open !== 0) return type === CONTINUATION && stream === open
  switch (type) {
    case HEADERS:
      return stream % 2 === 1
    case PRIORITY:
      return stream !== 0 && size === 5
    case SETTINGS:
      return stream === 0 && size % 6 === 0
    case PING:
      return stream === 0 && size === 8
    case WINDOW_UPDATE:
      return size === 4
    default:
      // Later additions are to be stepped over; of those known here none comes before a request.
      return type > CONTINUATION
  }
}

/** What a frame holds of the block, without padding and priority. */
function fragment({ type, flags, payload }: Frame): Uint8Array | undefined {
  const isHeaders = type === HEADERS
  const padding = isHeaders && (flags & FLAG.padded) !== 0 ? payload.u8() : 0
  if (isHeaders && (flags & FLAG.priority) !== 0) payload.skip(5)
  const part = payload.take(payload.left - padding)
  return payload.ok ? part : undefined
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const PSEUDO = [':method', ':scheme', ':authority', ':path']
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const VALUE = /^(?![\t ])[\t -~\x80-\xff]*$/
const OF_ONE_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']

type Headers = Record<string, string | undefined>

function readRequest(fields: readonly Field[], length: number): Match<Http2Request> {
  const pseudo: Headers = Object.create(null)
  const headers: Headers = Object.create(null)
  let regular = false
  for (const [name, value] of fields) {
    const isPseudo = name.startsWith(':')
    if ((isPseudo && regular) || !(isPseudo ? addPseudo(pseudo, name, value) : addField(headers, name, value)))
      return NO
    regular = !isPseudo
  }
  const { ':method': method, ':scheme': scheme, ':path': target = '', ':authority': named } = pseudo
  const place = readHost(named, headers.host)
  if (method === undefined || !NAME.test(method.toLowerCase()) || place === undefined) return NO
  const isConnect = method === 'CONNECT'
  if (isConnect !== (scheme === undefined) || isConnect !== (target === '')) return NO
  if (!isConnect && !target.startsWith('/') && !(target === '*' && method === 'OPTIONS')) return NO
  if (!/^[!-~]*$/.test(target) || target.includes('#')) return NO
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? undefined : target.slice(mark + 1)
  return { match: 'yes', method, scheme, path, query, ...place, headers, length }
}

function isValue(value: string): boolean {
  return VALUE.test(value) && !value.endsWith(' ') && !value.endsWith('\t')
}

function addPseudo(pseudo: Headers, name: string, value: string): boolean {
  if (!PSEUDO.includes(name) || pseudo[name] !== undefined || !isValue(value)) return false
  pseudo[name] = value
  return true
}

function addField(headers: Headers, name: string, value: string): boolean {
  const before = headers[name]
  if (!NAME.test(name) || !isValue(value) || OF_ONE_CONNECTION.includes(name)) return false
  if (before !== undefined && (name === 'host' || name === 'content-length')) return false
  if (name === 'content-length' && !/^[0-9]{1,15}$/.test(value)) return false
  headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`
  return true
}

/** The authority counts; a `host` beside it must not name another. */
function readHost(authority: string | undefined, field: string | undefined): Authority | undefined {
  const named = authority === undefined ? undefined : parseAuthority(authority)
  const also = field === undefined ? undefined : parseAuthority(field)
  if ((authority !== undefined && named === undefined) || (field !== undefined && also === undefined)) return undefined
  if (named !== undefined && also !== undefined && named.host !== also.host) return undefined
  const place = named ?? also
  return place === undefined || place.host === '' ? undefined : place
}
