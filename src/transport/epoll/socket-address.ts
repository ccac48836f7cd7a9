import { isIPv6 } from 'node:net'
import type { ConnectTarget, SocketEndpoint } from '../transport.ts'
import { AF_INET, AF_INET6, AF_UNIX } from './linux.ts'

const V4_LENGTH = 16
const V6_LENGTH = 28
/** `sun_path` of `struct sockaddr_un`, its final zero aside. */
const PATH_ROOM = 107
const PATH_AT = 2
const GROUPS = 8

/** Writes a `struct sockaddr` for the target; its length, or why there is none. */
export function encodeAddress(into: Buffer, target: ConnectTarget): number | 'too-long' | 'no-address' {
  if (target.kind === 'unix') return encodePath(into, target.path)
  const { address, port } = target
  if (encodeV4(into, address)) return header(into, AF_INET, port, V4_LENGTH)
  if (!isIPv6(address) || address.includes('%')) return 'no-address'
  into.fill(0, 0, V6_LENGTH)
  encodeV6(into, address)
  return header(into, AF_INET6, port, V6_LENGTH)
}

/** What a `struct sockaddr` says; an IPv4 address that was mapped into IPv6 is given as itself. */
export function decodeAddress(from: Buffer): SocketEndpoint {
  const family = from.readUInt16LE(0)
  if (family === AF_INET) return { address: dotted(from, 4), port: from.readUInt16BE(2) }
  if (family !== AF_INET6) return { address: '', port: 0 }
  const port = from.readUInt16BE(2)
  return { address: isMapped(from) ? dotted(from, 20) : groups(from), port }
}

export function familyOf(target: ConnectTarget): number {
  if (target.kind === 'unix') return AF_UNIX
  return target.address.includes(':') ? AF_INET6 : AF_INET
}

function header(into: Buffer, family: number, port: number, length: number): number {
  into.writeUInt16LE(family, 0)
  into.writeUInt16BE(port, 2)
  return length
}

function encodePath(into: Buffer, path: string): number | 'too-long' {
  const length = Buffer.byteLength(path)
  if (length > PATH_ROOM) return 'too-long'
  into.writeUInt16LE(AF_UNIX, 0)
  into.write(path, PATH_AT)
  into[PATH_AT + length] = 0
  return PATH_AT + length + 1
}

/** Four numbers of at most 255, in decimal; false when it is something else. */
function encodeV4(into: Buffer, address: string): boolean {
  let value = -1
  let part = 0
  for (let index = 0; index <= address.length; index++) {
    const digit = index === address.length ? -2 : address.charCodeAt(index) - 48
    if (digit >= 0 && digit <= 9) value = Math.max(value, 0) * 10 + digit
    else if (digit === -2 && value >= 0 && value <= 255 && part < 4) {
      into[4 + part] = value
      part += 1
      value = -1
    } else return false
  }
  // not `fill`, which is a call into V8
  for (let at = 8; at < V4_LENGTH; at++) into[at] = 0
  return part === 4
}

/** Of text that is an IPv6 address. */
function encodeV6(into: Buffer, address: string): void {
  const [head = '', tail] = address.split('::')
  const first = wordsOf(head)
  const last = tail === undefined ? [] : wordsOf(tail)
  for (const [index, word] of first.entries()) into.writeUInt16BE(word, 8 + 2 * index)
  for (const [index, word] of last.entries()) into.writeUInt16BE(word, 8 + 2 * (GROUPS - last.length + index))
}

function wordsOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function isMapped(from: Buffer): boolean {
  for (let index = 8; index < 18; index++) if (from[index] !== 0) return false
  return from[18] === 0xff && from[19] === 0xff
}

/**
 * Most connections come from a few addresses: their texts are kept, each in the place that its bits name until another one needs that.
 * Text that was compared or looked up before is found again at half the cost.
 */
const KEPT = 256
const keptBits = new Uint32Array(KEPT)
const keptTexts = new Array<string | undefined>(KEPT).fill(undefined)

function dotted(from: Buffer, at: number): string {
  const bits = from.readUInt32BE(at)
  const place = (bits ^ (bits >>> 8) ^ (bits >>> 16)) & (KEPT - 1)
  const kept = keptTexts[place]
  if (kept !== undefined && keptBits[place] === bits) return kept
  const text = `${from[at]}.${from[at + 1]}.${from[at + 2]}.${from[at + 3]}`
  keptBits[place] = bits
  keptTexts[place] = text
  return text
}

/** As RFC 5952 has it: the longest run of zeros, two at least, is `::`. */
function groups(from: Buffer): string {
  const words = Array.from({ length: GROUPS }, (_, index) => from.readUInt16BE(8 + 2 * index))
  const { start, length } = longestZeros(words)
  const text = (some: readonly number[]) => some.map((word) => word.toString(16)).join(':')
  if (length < 2) return text(words)
  return `${text(words.slice(0, start))}::${text(words.slice(start + length))}`
}

function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, word] of words.entries()) {
    if (word !== 0) start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}
