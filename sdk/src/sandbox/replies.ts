import { BadAnswer, parseAnswer } from '../decision.ts'
import type { Status } from './engine-status.ts'
import { READ_ALL } from './facts-read.ts'
import { parseListen } from './listening.ts'
import {
  type Failed,
  type Failure,
  type Hook,
  LoadFailure,
  type Position,
  type Reply,
  type RouterDescription,
} from './sandbox.ts'
import { escapeControls } from './untrusted-text.ts'

/**
 * Reads what a host says that a router said. Every value is untrusted: a host may have been taken over. What is not exactly as
 * it should be throws `HostViolation`, and the host is killed; what only the router got wrong is a reply.
 */
export class HostViolation extends Error {}

const MAX_LOG_LINES = 9
const MAX_LINE = 201
const MAX_MESSAGE = 300
const MAX_STACK = 1_001
const HOOKS: readonly string[] = ['route', 'onConnect', 'onConnectError', 'onInactivity'] satisfies Hook[]

/** @throws HostViolation */
export function parseReply(status: Status, cpu: number, json: string, decisionTime: number): Reply {
  switch (status) {
    case 'timeout':
      return failure('timeout', `no answer after ${decisionTime} ms of CPU time`, cpu)
    case 'memory':
      return failure('memory', 'its isolate ran out of memory', cpu)
    case 'broken':
      return failure('threw', escapeControls(json.slice(0, MAX_MESSAGE)), cpu)
    case 'elsewhere':
      return failure('timeout', 'it was not asked: it was struck here before, or the machine had no time for it', cpu)
    case 'returned':
      return parseReturned(parseObject(json), cpu)
  }
}

function parseReturned(said: Record<string, unknown>, cpu: number): Reply {
  const log = parseLog(said.log)
  if (said.lookup !== undefined) {
    const { table, key } = record(said.lookup, 'lookup')
    if (typeof table !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(table))
      throw new HostViolation('lookup: a bad table')
    if (typeof key !== 'string' || key.length > 1024) throw new HostViolation('lookup: a bad key')
    return { kind: 'lookup', table, key, read: parseRead(said.read), cpu, log }
  }
  if (said.failed !== undefined) {
    if (said.failed !== 'threw' && said.failed !== 'bad-answer') throw new HostViolation('an unknown failure')
    return { ...failure(said.failed, parseMessage(said.message), cpu), position: parsePosition(said.stack), log }
  }
  const read = parseRead(said.read)
  try {
    return { kind: 'answered', decision: parseAnswer(said.answer), read, cpu, log }
  } catch (error) {
    if (!(error instanceof BadAnswer)) throw error
    return { ...failure('bad-answer', escapeControls(error.message), cpu), log }
  }
}

/**
 * @throws LoadFailure when the router does not describe itself as one, HostViolation when the host makes no sense.
 */
export function parseDescription(status: Status, json: string, loadTime: number): RouterDescription {
  if (status === 'timeout') throw new LoadFailure(`it was still loading after ${loadTime} ms of CPU time`)
  if (status === 'memory') throw new LoadFailure('its isolate ran out of memory while loading')
  if (status === 'elsewhere') throw new HostViolation('a load answered with elsewhere')
  if (status === 'broken') throw new LoadFailure(escapeControls(json.slice(0, MAX_MESSAGE)))
  const said = parseObject(json)
  if (said.failed !== undefined) throw new LoadFailure(parseMessage(said.message), parsePosition(said.stack))
  const described = record(said.described, 'described')
  const hooks = parseHooks(described.hooks)
  return {
    listen: parseListen(described.listen, hooks),
    hooks,
    failure: parseFailure(described.failure),
    memo: parseMemo(described.memo),
  }
}

/**
 * How many bytes a version holds; `undefined` where the host cannot say.
 *
 * @throws HostViolation
 */
export function parseMeasure(status: Status, digits: string): number | undefined {
  if (status === 'elsewhere' || status === 'memory') return undefined
  if (status !== 'returned' || !/^\d{1,12}$/.test(digits))
    throw new HostViolation('a measure that is no number of bytes')
  return Number(digits)
}

function parseHooks(hooks: unknown): Hook[] {
  if (!Array.isArray(hooks) || hooks.length > HOOKS.length) throw new HostViolation('hooks: not a list')
  const known = hooks.filter(isHook)
  if (known.length !== hooks.length) throw new HostViolation('hooks: an unknown name')
  if (!known.includes('route') && !known.includes('onConnect'))
    throw new LoadFailure('a router has a function route, or onConnect, or both')
  return known
}

function isHook(name: unknown): name is Hook {
  return typeof name === 'string' && HOOKS.includes(name)
}

function parseFailure(failureAnswer: unknown): RouterDescription['failure'] {
  if (failureAnswer === undefined) return { kind: 'close', text: undefined }
  try {
    const decision = parseAnswer(failureAnswer)
    if (decision.kind !== 'wait') return decision
  } catch (error) {
    if (!(error instanceof BadAnswer)) throw error
    throw new LoadFailure(`failure: ${escapeControls(error.message)}`)
  }
  throw new LoadFailure('failure: an answer that waits is not allowed there')
}

function parseMemo(memo: unknown): boolean {
  if (memo === undefined) return true
  if (typeof memo !== 'boolean') throw new LoadFailure(`memo is true or false, not ${typeof memo}`)
  return memo
}

export function failure(kind: Failure, message: string, cpu: number): Failed {
  return { kind: 'failed', failure: kind, message, cpu, log: [] }
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new HostViolation('an answer that is not JSON')
  }
  return record(value, 'an answer')
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (!isRecord(value)) throw new HostViolation(`${what}: not an object`)
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What does not say what it depends on depends on everything. */
function parseRead(read: unknown): number {
  if (read === undefined) return READ_ALL
  if (typeof read !== 'number' || !Number.isInteger(read) || read < 0 || read > READ_ALL)
    throw new HostViolation('read: not a set of facts')
  return read
}

function parseLog(log: unknown): string[] {
  if (log === undefined) return []
  if (!Array.isArray(log) || log.length > MAX_LOG_LINES) throw new HostViolation('log: not a short list')
  return log.map((line: unknown) => {
    if (typeof line !== 'string') throw new HostViolation('log: a line that is not a string')
    return escapeControls(line.slice(0, MAX_LINE))
  })
}

function parseMessage(message: unknown): string {
  if (typeof message !== 'string') throw new HostViolation('a failure without a message')
  return escapeControls(message.slice(0, MAX_MESSAGE))
}

/** Where in the bundle the router was: its topmost frame of the stack. The bundle stands one line down in its script. */
function parsePosition(stack: unknown): Position | undefined {
  if (typeof stack !== 'string' || stack.length > MAX_STACK) throw new HostViolation('a failure without a stack')
  const match = /router\.js:(\d{1,6}):(\d{1,6})/.exec(stack)
  return match === null ? undefined : { line: Number(match[1]) - 1, column: Number(match[2]) }
}
