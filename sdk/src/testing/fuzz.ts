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
  readonly progress: (inputs: number) => void
  readonly signal: AbortSignal | undefined
}

export interface FuzzResult {
  readonly inputs: number
  readonly failure: FuzzFailure | undefined
  /** Saved inputs that fail no more. */
  readonly mended: readonly SavedInput[]
  /** It keeps what it sees of connections until its memory is full. */
  readonly grows: boolean
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
/** Bytes of connections in all, well above an isolate's memory; milliseconds that these may take. */
const FILLING = 1.5 * DEFAULTS.isolateMemory
const MOST_FILLING = 1000

/** Feeds a router random and mutated bytes: it must not fail, and must not grow. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { saved, time, signal } = options
  const mended: SavedInput[] = []
  for (const input of saved) {
    const outcome = await failing(options, input)
    if (outcome !== undefined)
      return { inputs: saved.length, failure: { input, outcome, known: true }, mended: [], grows: false }
    mended.push(input)
  }
  const started = performance.now()
  let inputs = saved.length
  for (const input of flood(options)) {
    if (performance.now() - started > time || signal?.aborted === true) break
    inputs += input.length
    const found = await firstFailure(options, input)
    if (found !== undefined) return { inputs, failure: await shrunk(options, found), mended, grows: false }
    options.progress(inputs)
  }
  return { inputs, failure: undefined, mended, grows: (await keeps(options)) !== undefined }
}

function* flood({ random, connections }: FuzzOptions): Generator<Input[]> {
  yield FLOODS.map((bytes) => ({ bytes, final: true }))
  for (;;) yield Array.from({ length: AT_ONCE }, () => ({ bytes: noise(random, connections), final: random(4) === 0 }))
}

/** As many large connections, all different, as do not fit into an isolate: a router that keeps them runs out of memory. */
async function keeps(options: FuzzOptions): Promise<FailedOutcome | undefined> {
  const { random, connections, signal } = options
  const end = performance.now() + MOST_FILLING
  for (let filled = 0; filled < FILLING && performance.now() < end && signal?.aborted !== true; ) {
    const inputs = Array.from({ length: AT_ONCE }, () => {
      const bytes = new Uint8Array(DEFAULTS.prereadBytes).fill(random(256))
      bytes.set(noise(random, connections))
      return { bytes, final: false }
    })
    filled += AT_ONCE * DEFAULTS.prereadBytes
    const found = await firstFailure(options, inputs)
    if (found?.outcome.failure === 'memory') return found.outcome
  }
  return undefined
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
