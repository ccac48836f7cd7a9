/**
 * The first command of a Redis client, as an array of strings (RESP) or as a line (inline).
 *
 * Specification: Redis' "Redis serialization protocol specification", sections "Sending commands to a Redis server" and
 * "Inline commands".
 */
import { find, type Match, type NeedMore, NO, type NoMatch, needMore } from './match.ts'
import { utf8Text } from './text.ts'

/** The first command of a Redis client. */
export interface RedisCommand {
  readonly match: 'yes'
  /** In upper case: `GET`. */
  readonly name: string
  /** What follows the name; at most `words` - 1 of them, when that was given. */
  readonly args: readonly string[]
  /** The length of what was read: the whole command, unless `words` ended it early. */
  readonly length: number
}

const MAX_WORDS = 1_048_576
const MAX_WORD = 536_870_912
const MAX_LINE = 65_536
const DIGITS = 10

/**
 * Reads the first command. It waits for all of it, which for a large value is more than will ever be read before a decision:
 * say how many words are wanted.
 *
 * @param words read no more words than this, the name included. Default: all.
 * @example
 * const redis = redisCommand(conn.bytes, 2)
 * if (redis.match === 'need-more') return { noop: true, atLeast: redis.atLeast }
 * if (redis.match === 'no') return { close: '-ERR this port speaks Redis\r\n' }
 * return redis.args[0]?.startsWith('shop:') ? { remote: '10.0.0.5:6379' } : { remote: '10.0.0.6:6379' }
 */
export function redisCommand(bytes: Uint8Array, words = MAX_WORDS): Match<RedisCommand> {
  const first = bytes[0]
  if (first === undefined) return needMore(1)
  if (first === 0x2a) return readArray(bytes, Math.max(1, words))
  const lower = first | 0x20
  return lower >= 0x61 && lower <= 0x7a ? readLine(bytes, Math.max(1, words)) : NO
}

function command(words: readonly string[], length: number): Match<RedisCommand> {
  const [name = '', ...args] = words
  return name === '' ? NO : { match: 'yes', name: name.toUpperCase(), args, length }
}

function readArray(bytes: Uint8Array, words: number): Match<RedisCommand> {
  const count = readNumber(bytes, 1, MAX_WORDS)
  if (count.match !== 'yes') return count
  if (count.value === 0) return NO
  const found: string[] = []
  let at = count.end
  for (let left = Math.min(count.value, words); left > 0; left--) {
    if (bytes[at] === undefined) return needMore(at + left * '$0\r\n\r\n'.length)
    if (bytes[at] !== 0x24) return NO
    const size = readNumber(bytes, at + 1, MAX_WORD)
    if (size.match !== 'yes') return size
    const end = size.end + size.value
    if ((bytes[end] ?? 0x0d) !== 0x0d || (bytes[end + 1] ?? 0x0a) !== 0x0a) return NO
    if (bytes.length < end + 2) return needMore(end + 2)
    found.push(utf8Text(bytes, size.end, end))
    at = end + 2
  }
  return command(found, at)
}

interface Digits {
  readonly match: 'yes'
  readonly value: number
  /** After the line's end. */
  readonly end: number
}

/** A number from 0 to `most` that ends with CR LF. */
function readNumber(bytes: Uint8Array, from: number, most: number): Digits | NeedMore | NoMatch {
  let value = 0
  for (let at = from; at <= from + DIGITS; at++) {
    const byte = bytes[at]
    if (byte === undefined) return needMore(at + (at === from ? 3 : 2))
    if (byte === 0x0d && at > from) {
      if (bytes[at + 1] === undefined) return needMore(at + 2)
      return bytes[at + 1] === 0x0a && value <= most ? { match: 'yes', value, end: at + 2 } : NO
    }
    if (byte < 0x30 || byte > 0x39) return NO
    value = value * 10 + byte - 0x30
  }
  return NO
}

function readLine(bytes: Uint8Array, words: number): Match<RedisCommand> {
  const end = find(bytes, 0x0a, 0, MAX_LINE)
  if (end === -1) return bytes.length >= MAX_LINE ? NO : needMore(bytes.length + 1)
  const lineEnd = bytes[end - 1] === 0x0d ? end - 1 : end
  const found = splitLine(bytes, lineEnd)
  // An HTTP client that was led here: Redis itself hangs up on some.
  if (found === undefined || /^(?:POST|HOST:)$/i.test(found[0] ?? '') || /^HTTP\/[0-9.]+$/.test(found.at(-1) ?? ''))
    return NO
  return command(found.slice(0, words), end + 1)
}

/** The words of a line, with quotes as in a shell; `undefined` where a quote does not end, or for a control character. */
function splitLine(bytes: Uint8Array, end: number): string[] | undefined {
  const words: string[] = []
  for (let at = 0; ; ) {
    while (at < end && isBlank(bytes[at])) at++
    if (at >= end) return words
    const word: number[] = []
    at = readWord(bytes, at, end, word)
    if (at === -1) return undefined
    words.push(utf8Text(Uint8Array.from(word), 0, word.length))
  }
}

/** Appends the bytes of one word, and says where it ends, or -1. */
function readWord(bytes: Uint8Array, from: number, end: number, word: number[]): number {
  let quote = 0
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (quote === 0 && isBlank(byte)) return at
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return -1
    if (quote === 0 && (byte === DOUBLE || byte === SINGLE)) quote = byte
    else if (quote !== 0 && byte === quote) return at + 1 === end || isBlank(bytes[at + 1]) ? at + 1 : -1
    else if (quote !== 0 && byte === BACKSLASH && at + 1 < end) at = readEscape(bytes, at + 1, quote, word)
    else word.push(byte)
  }
  return quote === 0 ? end : -1
}

const DOUBLE = 0x22
const SINGLE = 0x27
const BACKSLASH = 0x5c
const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, a: 7 }

/** Appends what the character after a backslash stands for, and says where that ends. */
function readEscape(bytes: Uint8Array, at: number, quote: number, word: number[]): number {
  const character = String.fromCharCode(bytes[at] ?? 0)
  const digits = String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0)
  if (quote === SINGLE) {
    if (character !== "'") word.push(BACKSLASH)
    word.push(bytes[at] ?? 0)
    return at
  }
  if (character === 'x' && /^[0-9a-fA-F]{2}$/.test(digits)) {
    word.push(Number.parseInt(digits, 16))
    return at + 2
  }
  word.push(ESCAPES[character] ?? bytes[at] ?? 0)
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09
}
