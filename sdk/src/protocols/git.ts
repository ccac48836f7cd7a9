/**
 * The request that a git client sends to a `git daemon`: one pkt-line that names a service and a repository.
 *
 * Specification: git's gitprotocol-pack(5), "Git Transport", gitprotocol-common(5), "pkt-line Format", and gitprotocol-v2(5).
 */
import { utf8 } from '../bytes.ts'
import { agrees, find, type Match, NO, needMore } from './match.ts'
import { latin1Text, utf8Text } from './text.ts'

/** What a git client asks a git daemon for. */
export interface GitRequest {
  readonly match: 'yes'
  /** `upload-pack` to fetch or clone, `receive-pack` to push. */
  readonly service: 'upload-pack' | 'receive-pack' | 'upload-archive'
  /** As sent: `/alice/site.git`, or `~alice/site.git` for a path below a home directory. */
  readonly path: string
  /** The first segment of a path that has several, without `~`: `alice`. `''` for `/site.git`. */
  readonly user: string
  /** The rest of the path: `site.git`. */
  readonly repository: string
  /** The host name that the client was given, in lower case, without brackets; old clients send none. */
  readonly host: string | undefined
  /** The port, where the client's URL names one. */
  readonly port: number | undefined
  /** The protocol version that the client asks for: 0 when it does not say. */
  readonly version: number
  /** Everything after the host, such as `version=2`. */
  readonly extras: readonly string[]
  /** The length of the request; what follows it belongs to the service. */
  readonly length: number
}

const SERVICES = ['upload-pack', 'receive-pack', 'upload-archive'] as const
const MAX_PACKET = 65_520
const MAX_ERROR = MAX_PACKET - '0000ERR '.length

/**
 * Reads the request of a git client (`git clone git://…`, `fetch`, `push`, `archive --remote`). A path that `git daemon`
 * refuses (with an empty segment, `.` or `..`) is no match.
 *
 * @example
 * const git = gitRequest(conn.bytes)
 * if (git.match === 'need-more') return { noop: true, atLeast: git.atLeast }
 * if (git.match === 'no') return { close: 'this port speaks git\n' }
 * return git.user === 'alice' ? { remote: '10.0.0.5:9418' } : { close: gitError(`no repository ${git.path}`) }
 */
export function gitRequest(bytes: Uint8Array): Match<GitRequest> {
  const size = packetLength(bytes)
  if (size === 'no') return NO
  const service = SERVICES.find((name) => agrees(bytes, 4, `git-${name} `))
  if (service === undefined) return NO
  if (size === undefined) return needMore(4)
  if (size <= '0000git- '.length + service.length) return NO
  if (bytes.length < size) return needMore(size)
  return readRequest(bytes, service, size)
}

/**
 * A message that the client shows as `fatal: remote error: …`, for `{ close: gitError('…') }`.
 *
 * @param message cut after 65,512 bytes of UTF-8.
 * @example
 * gitError('no such repository') // '001eERR no such repository'
 */
export function gitError(message: string): string {
  const text = utf8(message)
  const packet = `ERR ${latin1Text(text, 0, Math.min(text.length, MAX_ERROR))}`
  return (packet.length + 4).toString(16).padStart(4, '0') + packet
}

/** The length that the first four bytes give, `undefined` while they are not all there. */
function packetLength(bytes: Uint8Array): number | undefined | 'no' {
  let length = 0
  for (let at = 0; at < 4; at++) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    const digit = hexDigit(byte)
    if (digit === -1) return 'no'
    length = length * 16 + digit
  }
  return length > MAX_PACKET ? 'no' : length
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function readRequest(bytes: Uint8Array, service: GitRequest['service'], size: number): Match<GitRequest> {
  const from = '0000git- '.length + service.length
  const nul = find(bytes, 0, from, size)
  const end = nul === -1 ? size : nul
  // Clients that send no host may end the line instead; git daemon takes that newline off.
  const path = utf8Text(bytes, from, bytes[end - 1] === 0x0a ? end - 1 : end)
  if (!isServed(path)) return NO
  const extras = nul === -1 ? [] : strings(bytes, nul + 1, size)
  const address = extras[0]?.toLowerCase().startsWith('host=') ? readHost((extras.shift() ?? '').slice(5)) : NO_HOST
  if (address === undefined) return NO
  const slash = path.indexOf('/', 1)
  return {
    match: 'yes',
    service,
    path,
    user: slash === -1 ? '' : path.slice(1, slash),
    repository: slash === -1 ? path.slice(1) : path.slice(slash + 1),
    ...address,
    version: requestedVersion(extras),
    extras,
    length: size,
  }
}

/** git daemon's own rule: absolute or below a home, and no segment that is empty, `.` or `..`, but for a slash at the end. */
function isServed(path: string): boolean {
  if (path[0] !== '/' && path[0] !== '~') return false
  const segments = path.slice(1).split('/')
  if (segments.length > 1 && segments.at(-1) === '') segments.pop()
  return segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}

/** The strings between NULs, without empty ones: one of those stands between the host and what newer clients add. */
function strings(bytes: Uint8Array, from: number, to: number): string[] {
  const found: string[] = []
  for (let at = from; at < to; ) {
    const nul = find(bytes, 0, at, to)
    const end = nul === -1 ? to : nul
    if (end > at) found.push(utf8Text(bytes, at, end))
    at = end + 1
  }
  return found
}

interface Address {
  readonly host: string | undefined
  readonly port: number | undefined
}

const NO_HOST: Address = { host: undefined, port: undefined }

function readHost(text: string): Address | undefined {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1
  if (bracket === -1 && text.startsWith('[')) return undefined
  const colon = bracket === -1 ? text.lastIndexOf(':') : bracket + 1
  const host = bracket === -1 ? (colon === -1 ? text : text.slice(0, colon)) : text.slice(1, bracket)
  const rest = colon === -1 ? '' : text.slice(colon)
  if (rest === '') return { host: host.toLowerCase(), port: undefined }
  if (!/^:[0-9]{1,5}$/.test(rest)) return undefined
  const port = Number(rest.slice(1))
  return port > 65_535 ? undefined : { host: host.toLowerCase(), port }
}

function requestedVersion(extras: readonly string[]): number {
  for (const extra of extras) {
    const found = /^version=([0-9]{1,4})$/.exec(extra)
    if (found !== null) return Number(found[1])
  }
  return 0
}
