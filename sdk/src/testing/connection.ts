import { DEFAULTS } from '../limits.ts'
import type { Hook } from '../sandbox/sandbox.ts'
import type { Inquiry, LookupMade, Outcome, Verdict } from './verdict.ts'

/** Asks a router; a connection does not know which, nor where it runs. */
export type Ask = (inquiry: Inquiry) => Promise<Verdict>

/** How the bytes of a connection come in. */
export interface Arrival {
  /** How many bytes there are, in all, after each piece; growing. */
  readonly sizes: readonly number[]
  /** No more come after the last piece. */
  readonly ended: boolean
}

/** How a connection went. */
export interface Course {
  readonly outcome: Outcome
  /** How many bytes the router had seen when it decided. */
  readonly seen: number
  /** The question that it decided was the last one. */
  readonly final: boolean
  readonly lookups: readonly LookupMade[]
  readonly log: readonly string[]
  /** Microseconds, all questions together. */
  readonly cpu: number
}

/**
 * Plays one connection as the proxy does: `onConnect` first where there is one, then `route` whenever there are as many bytes as
 * it asked for, and a last time when no more will come.
 */
export async function play(
  ask: Ask,
  hooks: readonly Hook[],
  inquiry: Omit<Inquiry, 'hook' | 'final'>,
  arrival: Arrival,
): Promise<Course> {
  const { bytes } = inquiry
  let course: Course | undefined
  const question = async (hook: Hook, size: number, final: boolean): Promise<Course> => {
    const verdict = await ask({ ...inquiry, hook, bytes: bytes.subarray(0, size), final })
    const { outcome, cpu, log, lookups } = verdict
    course = { outcome, seen: size, final, lookups, log, cpu: cpu + (course?.cpu ?? 0) }
    return course
  }
  let wanted = 1
  if (hooks.includes('onConnect')) {
    const greeted = await question('onConnect', 0, false)
    if (greeted.outcome.kind !== 'wait' || !hooks.includes('route')) return greeted
    wanted = Math.max(1, greeted.outcome.atLeast)
  }
  for (const size of arrival.sizes) {
    const full = size >= DEFAULTS.prereadBytes
    if (size < wanted && !full) continue
    const asked = await question('route', Math.min(size, DEFAULTS.prereadBytes), full)
    if (asked.outcome.kind !== 'wait' || full) return asked
    wanted = Math.max(size + 1, asked.outcome.atLeast)
  }
  if (arrival.ended) return question('route', arrival.sizes.at(-1) ?? 0, true)
  return course ?? question('route', 0, false) // production does not ask about no bytes: a test may
}

/** What becomes of a connection, and nothing of how it came to it: two arrivals of the same bytes must have the same. */
export type Fate =
  | {
      readonly kind: 'forward'
      readonly remote: string
      /** Everything that the upstream is sent of the connection's bytes, or instead of them. */
      readonly up: string
      readonly reply: string | undefined
      readonly replyWhen: string
      readonly connectTimeout: number | undefined
      readonly inactivityTimeout: number | undefined
    }
  | { readonly kind: 'close'; readonly text: string | undefined }
  | { readonly kind: 'wait' }
  | { readonly kind: 'failed'; readonly message: string }

/** `bytes`: all that the client sends. What the router did not see is relayed after what it said to send. */
export function fateOf({ outcome, seen, final }: Course, bytes: Uint8Array): Fate {
  switch (outcome.kind) {
    case 'forward': {
      const { remote, data, reply, replyWhen, connectTimeout, inactivityTimeout } = outcome
      const up = (data ?? latin1(bytes.subarray(0, seen))) + latin1(bytes.subarray(seen))
      return { kind: 'forward', remote, up, reply, replyWhen, connectTimeout, inactivityTimeout }
    }
    case 'close':
      return { kind: 'close', text: outcome.text }
    case 'wait':
      return final ? { kind: 'close', text: undefined } : { kind: 'wait' }
    case 'failed':
      return { kind: 'failed', message: outcome.message }
    default:
      return outcome satisfies never
  }
}

/** Whether nobody outside could tell the two apart. */
export function sameFate(a: Fate, b: Fate): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
