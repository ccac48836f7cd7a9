import { DEFAULTS } from '../limits.ts'
import type { Ask } from './connection.ts'
import type { SavedInput } from './fuzz-file.ts'
import { FLOODS, noise, type Random } from './noise.ts'
import { shrink } from './shrink.ts'
import type { FailedOutcome, Inquiry } from './verdict.ts'

export interface FuzzOptions {
  readonly ask: Ask
  /** A question to put the bytes into. */
  readonly inquiry: Omit<Inquiry, 'hook' | 'final' | 'bytes'>
  /** First bytes of connections, to make others from. */
  readonly connections: readonly Uint8Array[]
  readonly saved: readonly SavedInput[]
  readonly random: Random
  /** Milliseconds. */
  readonly time: number
  /** Resident memory of whatever runs the router, in bytes. */
  readonly memory: () => number
  readonly progress: (inputs: number) => void
  readonly signal: AbortSignal | undefined
}

export interface FuzzResult {
  readonly inputs: number
  readonly failure: FuzzFailure | undefined
  /** Saved inputs that fail no more. */
  readonly mended: readonly SavedInput[]
  /** How much the memory grew while decisions were made over and over, in bytes, when that is too much. */
  readonly grown: number | undefined
}

export interface FuzzFailure {
  readonly input: SavedInput
  readonly outcome: FailedOutcome
  /** It was known from an earlier run. */
  readonly known: boolean
}

interface Input {
  readonly bytes: Uint8Array
  readonly final: boolean
}

const AT_ONCE = 32
const SHRINK_TIME = 600
/** More than a garbage collector leaves lying about; a router may keep nothing from one decision to the next. */
const MOST_GROWTH = 12 * 1_048_576
/** The part of the time after which memory has settled. */
const SETTLED = 0.4

/** Feeds a router random and mutated bytes: it must not fail, and must not grow. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { saved, time, memory, signal } = options
  const mended: SavedInput[] = []
  for (const input of saved) {
    const outcome = await failing(options, input)
    if (outcome !== undefined)
      return { inputs: saved.length, failure: { input, outcome, known: true }, mended: [], grown: undefined }
    mended.push(input)
  }
  const started = performance.now()
  let inputs = saved.length
  let settled: number | undefined
  for (const input of flood(options)) {
    const elapsed = performance.now() - started
    if (elapsed > time || signal?.aborted === true) break
    if (elapsed > time * SETTLED) settled ??= memory()
    inputs += input.length
    const found = await firstFailure(options, input)
    if (found !== undefined) return { inputs, failure: await shrunk(options, found), mended, grown: undefined }
    options.progress(inputs)
  }
  const growth = settled === undefined ? 0 : memory() - settled
  return { inputs, failure: undefined, mended, grown: growth > MOST_GROWTH ? growth : undefined }
}

function* flood({ random, connections }: FuzzOptions): Generator<Input[]> {
  yield FLOODS.map((bytes) => ({ bytes, final: true }))
  for (;;) yield Array.from({ length: AT_ONCE }, () => ({ bytes: noise(random, connections), final: random(4) === 0 }))
}

interface Found {
  readonly input: Input
  readonly outcome: FailedOutcome
}

async function firstFailure(options: FuzzOptions, inputs: readonly Input[]): Promise<Found | undefined> {
  const outcomes = await Promise.all(inputs.map((input) => failing(options, input)))
  for (const [index, input] of inputs.entries()) {
    const outcome = outcomes[index]
    if (outcome !== undefined) return { input, outcome }
  }
  return undefined
}

async function failing(options: FuzzOptions, { bytes, final }: Input): Promise<FailedOutcome | undefined> {
  const { outcome } = await options.ask({ ...options.inquiry, hook: 'route', bytes, final })
  // Tests may leave out tables that noise leads to.
  return outcome.kind === 'failed' && outcome.failure !== 'lookup' ? outcome : undefined
}

/** The same failure, from as little as possible. */
async function shrunk(options: FuzzOptions, { input, outcome }: Found): Promise<FuzzFailure> {
  let last = outcome
  const fails = async (bytes: Uint8Array): Promise<boolean> => {
    const now = await failing(options, { ...input, bytes })
    if (now === undefined || now.failure !== outcome.failure || now.at !== outcome.at) return false
    last = now
    return true
  }
  const bytes = await shrink(input.bytes, fails, SHRINK_TIME)
  return { input: { ...input, bytes, message: last.message }, outcome: last, known: false }
}
