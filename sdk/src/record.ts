/**
 * What a proxy records of real connections, so that a router can be asked again: JSON lines, the first a header, then one line a
 * connection. Nothing of it is trusted when it is read.
 *
 * | key         | meaning                                                                                            |
 * |-------------|----------------------------------------------------------------------------------------------------|
 * | `id`        | the connection, as in access records                                                               |
 * | `time`      | when it was accepted, ISO 8601                                                                     |
 * | `router`    | the router's name, such as `git` or `acme/git`                                                     |
 * | `client`    | the client's address                                                                               |
 * | `local`     | the address that it connected to                                                                   |
 * | `listener`  | the listener's address as configured                                                               |
 * | `bytes`     | the first bytes, base64: as many as the router was shown, or fewer where the operator keeps fewer  |
 * | `questions` | what the router was asked, in order: `hook`, `length`, `final`, `now`, `lookups`, `event`, `decision` |
 * | `leftOut`   | how many questions before the last are not among them, for there were too many                     |
 *
 * The router was shown the first `length` bytes. `decision` is its answer with payloads as strings of one character a byte,
 * `{ "noop": true }`, or `{ "failed": message }`. A question to `route` that was answered with `noop`, of which there can be
 * thousands, is `[length, now, atLeast]`. Where fewer bytes are kept than were shown, there are no look-ups, and the decision is
 * without what could hold bytes: it is not asked again.
 */
import type { Decision } from './decision.ts'
import { BadAnswer, parseAnswer } from './decision.ts'
import type { Endpoint } from './router.ts'
import type { Hook } from './sandbox/sandbox.ts'

export { Tape } from './record-tape.ts'

/** The version of the format that is written, and the only one that is read. */
export const RECORD_VERSION = 2

/** The first line of a file, without its line end. */
export const RECORD_HEADER: string = JSON.stringify({ pointsmanRecord: RECORD_VERSION })

const MAX_LABEL = 1024

/** Characters of one line, at most. */
export const MAX_RECORD_LINE = 4_194_304

export interface RecordedConnection {
  readonly id: string
  readonly time: string
  readonly router: string
  readonly client: Endpoint
  readonly local: Endpoint
  readonly listener: string
  /** The first bytes, of which each question showed the router some. */
  readonly bytes: Uint8Array
  readonly questions: readonly RecordedQuestion[]
  /** Questions before the last that are not among them. */
  readonly leftOut: number
}

export interface RecordedQuestion {
  readonly hook: Hook
  /** How many bytes the router was shown: the connection's first, where as many were kept. */
  readonly length: number
  readonly final: boolean
  /** `conn.now`. */
  readonly now: number
  /** Table, then key; `null` for a key that the table did not have. */
  readonly lookups: Readonly<Record<string, Readonly<Record<string, string | null>>>>
  readonly event?: Readonly<Record<string, unknown>> | undefined
  readonly decision: RecordedDecision
}

export type RecordedDecision = Decision | { readonly kind: 'failed'; readonly message: string }

/** A line that is not what a `Tape` gives; the message says what is wrong with it. */
export class BadRecord extends Error {}

/**
 * Reads one line of a file: `undefined` for the header, which has to be the first line.
 *
 * @throws BadRecord
 */
export function parseRecordLine(line: string, first: boolean): RecordedConnection | undefined {
  if (line.length > MAX_RECORD_LINE) throw new BadRecord(`the line is longer than ${MAX_RECORD_LINE} characters`)
  const value = json(line)
  if (first) {
    if (value.pointsmanRecord !== RECORD_VERSION)
      throw new BadRecord(`the first line is ${RECORD_HEADER}; found ${JSON.stringify(line.slice(0, 60))}`)
    return undefined
  }
  const { id, time, router, listener, bytes, questions, leftOut = 0 } = value
  if (!Array.isArray(questions) || questions.length === 0) throw new BadRecord('questions is a list with at least one')
  return {
    id: label(id, 'id'),
    time: label(time, 'time'),
    router: label(router, 'router'),
    client: endpoint(value.client, 'client'),
    local: endpoint(value.local, 'local'),
    listener: label(listener, 'listener'),
    bytes: parseBytes(bytes),
    questions: questions.map(parseQuestion),
    leftOut: count(leftOut, 'leftOut'),
  }
}

const HOOKS: readonly Hook[] = ['route', 'onConnect', 'onConnectError', 'onInactivity']

function parseQuestion(value: unknown): RecordedQuestion {
  if (Array.isArray(value)) return parseWait(value)
  const { hook, length, final, now, lookups, event, decision } = record(value, 'a question')
  const known = HOOKS.find((name) => name === hook)
  if (known === undefined) throw new BadRecord(`hook is one of ${HOOKS.join(', ')}`)
  if (typeof final !== 'boolean') throw new BadRecord('final is true or false')
  return {
    hook: known,
    length: count(length, 'length'),
    final,
    now: time(now),
    lookups: parseLookups(lookups),
    event: event === undefined ? undefined : record(event, 'event'),
    decision: parseDecision(decision),
  }
}

function parseWait([length, now, atLeast]: readonly unknown[]): RecordedQuestion {
  const decision = { kind: 'wait', atLeast: count(atLeast, 'atLeast') } as const
  return { hook: 'route', length: count(length, 'length'), final: false, now: time(now), lookups: {}, decision }
}

function parseBytes(value: unknown): Uint8Array {
  const kept = text(value, 'bytes')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(kept))
    throw new BadRecord('bytes is base64')
  return Buffer.from(kept, 'base64')
}

function parseLookups(value: unknown): RecordedQuestion['lookups'] {
  const lookups: Record<string, Record<string, string | null>> = Object.create(null)
  for (const [table, values] of Object.entries(record(value, 'lookups'))) {
    const keys: Record<string, string | null> = Object.create(null)
    for (const [key, found] of Object.entries(record(values, `lookups.${table}`)))
      keys[key] = found === null ? null : text(found, `lookups.${table}.${key}`)
    lookups[table] = keys
  }
  return lookups
}

function parseDecision(value: unknown): RecordedDecision {
  const decision = record(value, 'decision')
  if (typeof decision.failed === 'string') return { kind: 'failed', message: decision.failed }
  try {
    return parseAnswer(decision)
  } catch (error) {
    throw error instanceof BadAnswer ? new BadRecord(`decision: ${error.message}`) : error
  }
}

function endpoint(value: unknown, what: string): Endpoint {
  const { address, port } = record(value, what)
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new BadRecord(`${what}.port is a whole number from 0 to 65535`)
  return { address: label(address, `${what}.address`), port }
}

/** A text that is shown to people: nothing in it can steer a terminal. */
function label(value: unknown, what: string): string {
  const shown = text(value, what)
  if (shown.length > MAX_LABEL) throw new BadRecord(`${what} has more than ${MAX_LABEL} characters`)
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(shown))
    throw new BadRecord(`${what} has a control character`)
  return shown
}

function count(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new BadRecord(`${what} is a whole number, 0 or more`)
}

function time(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new BadRecord('now is a number of milliseconds')
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new BadRecord(`${what} is a string`)
  return value
}

function json(line: string): Record<string, unknown> {
  try {
    return record(JSON.parse(line), 'a line')
  } catch (error) {
    if (error instanceof BadRecord) throw error
    throw new BadRecord('it is not JSON')
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadRecord(`${what} is an object`)
  return Object.fromEntries(Object.entries(value))
}
