/**
 * The head of an HTTP/1 request: its first line and its header fields.
 *
 * Specification: RFC 9112 (HTTP/1.1), sections 2 to 6, and RFC 9110, section 5 (fields) and 7.2 (Host). Where these let a
 * receiver repair a message, this parser refuses it: two programs that repair differently see two different requests.
 */
import { type Authority, parseAuthority } from './authority.ts'
import { find, type Match, type NeedMore, NO, type NoMatch, needMore } from './match.ts'
import { latin1Text } from './text.ts'

/** The head of a request. */
export interface HttpRequest {
  readonly match: 'yes'
  /** As sent: upper and lower case differ. */
  readonly method: string
  /** As sent: `/a?b`, `http://example.com/a?b`, `example.com:443` (CONNECT) or `*`. */
  readonly target: string
  /** The target's path as sent: not decoded, its dots not resolved. `*` for that target, `''` for CONNECT. */
  readonly path: string
  /** What follows `?`. */
  readonly query: string | undefined
  /** The host that is asked for, in lower case, without port and brackets. HTTP/1.0 clients may leave it out. */
  readonly host: string | undefined
  /** The port, where the request names one. */
  readonly port: number | undefined
  /** The version of HTTP. */
  readonly version: '1.0' | '1.1'
  /** By name in lower case. Values of a repeated field are joined with `, ` (those of `cookie` with `; `). */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The length of the head, the empty line included; the body follows. */
  readonly length: number
}

const MAX_HEAD = 65_536
const MAX_FIELDS = 256
const SHORTEST = 'A / HTTP/1.0\r\n\r\n'.length
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-~]+) HTTP\/1\.([01])$/
const METHOD_SO_FAR = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}(?: |$)/
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VISIBLE = /^[\t -~\x80-\xff]*$/
const ABSOLUTE = /^[a-zA-Z][a-zA-Z0-9+.-]{0,31}:\/\/([^/?]*)(.*)$/
const SINGLE = ['host', 'content-length', 'transfer-encoding']

/**
 * Reads a request head of up to 64 KiB and 256 fields. No match, among others: a line that ends without CR, a folded field,
 * a space before a colon, no or two `Host`, a `Host` other than the target's, two `Content-Length`, one beside
 * `Transfer-Encoding`, a transfer encoding that is not `chunked`, a fragment.
 *
 * The decision holds for the whole connection: requests that follow the first go the same way, whatever their host.
 *
 * @example
 * const http = httpRequest(conn.bytes)
 * if (http.match === 'need-more') return { noop: true, atLeast: http.atLeast }
 * if (http.match === 'no') return { close: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n' }
 * return http.path.startsWith('/api/') ? { remote: '10.0.0.5:80' } : { remote: '10.0.0.6:80' }
 */
export function httpRequest(bytes: Uint8Array): Match<HttpRequest> {
  const head = readLines(bytes)
  if (head.match !== 'yes') return head
  const [first = '', ...fields] = head.lines
  const line = REQUEST_LINE.exec(first)
  const headers = readFields(fields)
  if (line === null || headers === undefined) return NO
  const [, method = '', target = '', minor] = line
  const version = minor === '0' ? '1.0' : '1.1'
  if (!isFramedClearly(headers, version)) return NO
  const place = readTarget(method, target, headers.host)
  if (place === undefined || (version === '1.1' && headers.host === undefined)) return NO
  return { match: 'yes', method, target, ...place, version, headers, length: head.length }
}

interface Head {
  readonly match: 'yes'
  readonly lines: readonly string[]
  readonly length: number
}

/** The lines up to the empty one, refusing as early as a byte makes it clear. */
function readLines(bytes: Uint8Array): Head | NeedMore | NoMatch {
  const lines: string[] = []
  for (let at = 0; ; ) {
    const end = find(bytes, 0x0a, at, MAX_HEAD)
    if (end === -1) return isBeginning(bytes, at, lines.length) ? needMore(ending(bytes, at)) : NO
    if (end === at || bytes[end - 1] !== 0x0d) return NO
    const line = latin1Text(bytes, at, end - 1)
    at = end + 1
    if (line === '') return lines.length === 0 ? NO : { match: 'yes', lines, length: at }
    if (!VISIBLE.test(line) || lines.length > MAX_FIELDS) return NO
    if (lines.length === 0 && !REQUEST_LINE.test(line)) return NO
    lines.push(line)
  }
}

/** Whether what follows the last whole line may become a line. */
function isBeginning(bytes: Uint8Array, at: number, lines: number): boolean {
  if (bytes.length >= MAX_HEAD) return false
  const end = bytes[bytes.length - 1] === 0x0d ? bytes.length - 1 : bytes.length
  const rest = latin1Text(bytes, at, end)
  return VISIBLE.test(rest) && (lines > 0 || bytes.length === 0 || METHOD_SO_FAR.test(rest.slice(0, 33)))
}

function ending(bytes: Uint8Array, at: number): number {
  const size = bytes.length
  const afterReturn = bytes[size - 1] === 0x0d
  const missing = at === size ? 2 : afterReturn ? (at === size - 1 ? 1 : 3) : 4
  return Math.max(SHORTEST, size + missing)
}

function readFields(lines: readonly string[]): Record<string, string | undefined> | undefined {
  const fields: Record<string, string | undefined> = Object.create(null)
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (!FIELD_NAME.test(name)) return undefined
    const before = fields[name]
    if (before !== undefined && SINGLE.includes(name)) return undefined
    const value = trim(line, colon + 1)
    fields[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return fields
}

function trim(line: string, from: number): string {
  let start = from
  let end = line.length
  while (start < end && isBlank(line.charCodeAt(start))) start++
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--
  return line.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Whether every receiver finds the end of the body at the same place. */
function isFramedClearly(headers: Readonly<Record<string, string | undefined>>, version: string): boolean {
  const length = headers['content-length']
  const encoding = headers['transfer-encoding']
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) return false
  if (encoding === undefined) return true
  return length === undefined && version === '1.1' && encoding.toLowerCase() === 'chunked'
}

interface Place {
  readonly path: string
  readonly query: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
}

function readTarget(method: string, target: string, hostField: string | undefined): Place | undefined {
  if (target.includes('#')) return undefined
  const field = hostField === undefined ? undefined : parseAuthority(hostField)
  if (hostField !== undefined && field === undefined) return undefined
  if (method === 'CONNECT') {
    const authority = parseAuthority(target)
    if (authority?.port === undefined) return undefined
    return at(authority, field, '')
  }
  if (target === '*') return method === 'OPTIONS' ? at(undefined, field, '*') : undefined
  if (target.startsWith('/')) return at(undefined, field, target)
  const absolute = ABSOLUTE.exec(target)
  const authority = absolute === null ? undefined : parseAuthority(absolute[1] ?? '')
  if (authority === undefined || authority.host === '') return undefined
  const rest = absolute?.[2] ?? ''
  return at(authority, field, rest.startsWith('/') ? rest : `/${rest}`)
}

/** A host in the target counts, and the field must not name another: receivers differ in which of the two they believe. */
function at(target: Authority | undefined, field: Authority | undefined, rest: string): Place | undefined {
  if (target !== undefined && field !== undefined && target.host !== field.host) return undefined
  const { host, port } = target ?? field ?? { host: undefined, port: undefined }
  const mark = rest.indexOf('?')
  if (mark === -1) return { path: rest, query: undefined, host, port }
  return { path: rest.slice(0, mark), query: rest.slice(mark + 1), host, port }
}
