import { parseRemote, type UpstreamAddress } from './remote.ts'

export type { UpstreamAddress }

/** An answer after it was checked. Payloads are latin1 strings: one character a byte. */
export type Decision = ForwardDecision | WaitDecision | CloseDecision

export interface ForwardDecision {
  readonly kind: 'forward'
  readonly remote: string
  readonly upstream: UpstreamAddress
  /** Sent instead of what was read; `undefined` replays what was read. */
  readonly data: string | undefined
  readonly reply: string | undefined
  readonly replyWhen: 'decided' | 'connected'
  readonly connectTimeout: number | undefined
  readonly inactivityTimeout: number | undefined
}

export interface WaitDecision {
  readonly kind: 'wait'
  readonly atLeast: number
}

export interface CloseDecision {
  readonly kind: 'close'
  readonly text: string | undefined
}

export const MAX_PAYLOAD_BYTES = 65_536
const MAX_CONNECT_TIMEOUT = 600_000
const MAX_INACTIVITY_TIMEOUT = 86_400_000
const FORWARD_KEYS = ['remote', 'data', 'reply', 'replyWhen', 'connectTimeout', 'inactivityTimeout']

/** Thrown for an answer that is none; the message says what was found and what is allowed. */
export class BadAnswer extends Error {}

/**
 * Checks what a sandbox host says that a router answered. The input is untrusted: only own properties of plain JSON are
 * looked at, nothing is coerced, and an unknown key is refused.
 *
 * @throws BadAnswer
 */
export function parseAnswer(value: unknown): Decision {
  if (!isRecord(value)) throw new BadAnswer(`a router answers an object, not ${describe(value)}`)
  const keys = Object.keys(value).filter((key) => value[key] !== undefined)
  if (keys.includes('remote')) return parseForward(value, keys)
  if (keys.includes('close')) return parseClose(value, keys)
  if (keys.includes('noop')) return parseWait(value, keys)
  throw new BadAnswer(`an answer has one of remote, noop or close; found ${keys.length === 0 ? '{}' : list(keys)}`)
}

function parseForward(answer: Record<string, unknown>, keys: string[]): ForwardDecision {
  allowOnly(keys, FORWARD_KEYS, 'remote')
  const { remote, replyWhen } = answer
  if (typeof remote !== 'string') throw new BadAnswer(`remote is a string such as 'host:80', not ${describe(remote)}`)
  const upstream = parseRemote(remote)
  if (typeof upstream === 'string') throw new BadAnswer(`remote: ${upstream}`)
  if (replyWhen !== undefined && replyWhen !== 'decided' && replyWhen !== 'connected')
    throw new BadAnswer(`replyWhen is 'decided' or 'connected', not ${describe(replyWhen)}`)
  return {
    kind: 'forward',
    remote,
    upstream,
    data: payload(answer, 'data'),
    reply: payload(answer, 'reply'),
    replyWhen: replyWhen ?? 'decided',
    connectTimeout: milliseconds(answer, 'connectTimeout', MAX_CONNECT_TIMEOUT),
    inactivityTimeout: milliseconds(answer, 'inactivityTimeout', MAX_INACTIVITY_TIMEOUT),
  }
}

function parseClose(answer: Record<string, unknown>, keys: string[]): CloseDecision {
  allowOnly(keys, ['close'], 'close')
  if (answer.close === true) return { kind: 'close', text: undefined }
  if (typeof answer.close !== 'string')
    throw new BadAnswer(`close is true, a string or bytes, not ${describe(answer.close)}`)
  return { kind: 'close', text: payload(answer, 'close') }
}

function parseWait(answer: Record<string, unknown>, keys: string[]): WaitDecision {
  allowOnly(keys, ['noop', 'atLeast'], 'noop')
  if (answer.noop !== true) throw new BadAnswer(`noop is true, not ${describe(answer.noop)}`)
  const { atLeast } = answer
  if (atLeast === undefined) return { kind: 'wait', atLeast: 0 }
  if (typeof atLeast !== 'number' || !Number.isFinite(atLeast) || atLeast < 0)
    throw new BadAnswer(`atLeast is a number of bytes, 0 or more, not ${describe(atLeast)}`)
  return { kind: 'wait', atLeast: Math.ceil(atLeast) }
}

function payload(answer: Record<string, unknown>, key: string): string | undefined {
  const value = answer[key]
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new BadAnswer(`${key} is a string or bytes, not ${describe(value)}`)
  if (value.length > MAX_PAYLOAD_BYTES)
    throw new BadAnswer(`${key} has ${value.length} bytes; at most ${MAX_PAYLOAD_BYTES} are allowed`)
  const wide = /[^\u0000-\u00ff]/.exec(value)
  if (wide !== null)
    throw new BadAnswer(`${key} has a character above U+00FF at ${wide.index}; use utf8('…') to send text as UTF-8`)
  return value
}

function milliseconds(answer: Record<string, unknown>, key: string, most: number): number | undefined {
  const value = answer[key]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value >= 1 && value <= most))
    throw new BadAnswer(`${key} is a number of milliseconds from 1 to ${most}, not ${describe(value)}`)
  return Math.ceil(value)
}

function allowOnly(keys: string[], allowed: string[], arm: string): void {
  const other = keys.filter((key) => !allowed.includes(key))
  if (other.length > 0)
    throw new BadAnswer(`an answer with ${arm} may have ${list(allowed)}; it also has ${list(other)}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(keys: string[]): string {
  const shown = keys.slice(0, 8).map((key) => key.slice(0, 40))
  return shown.join(', ')
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'object') return 'an object'
  return typeof value
}
