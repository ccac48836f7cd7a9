import { performance } from 'node:perf_hooks'
import { DEFAULTS } from '../limits.ts'
import type { Ask } from './connection.ts'
import type { SavedInput } from './fuzz-file.ts'
import { type Growth, GrowthWatch } from './growth.ts'
import { FLOODS, noise, type Random } from './noise.ts'
import { shrink } from './shrink.ts'
import type { FailedOutcome, Inquiry } from './verdict.ts'

export interface FuzzOptions {
  readonly ask: Ask
  /** How many bytes the router holds, its garbage aside; `undefined` when nobody can say. */
  readonly measure: () => Promise<number | undefined>
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
  /** What it keeps of its decisions; `full` when that filled its memory. */
  readonly growth: Growth | 'full' | undefined
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
/** Times that a router is measured during noise, and milliseconds between two, at most. */
const MEASURES = 16
const MEASURE_EVERY = 200
/** What noise may take longer, to make certain that a router grows: times as long, and milliseconds at most. */
const DOUBT = 2
const MOST_DOUBT = 3000
/** Bytes of connections in all, well above an isolate's memory; milliseconds that these may take. */
const FILLING = 1.5 * DEFAULTS.isolateMemory
const MOST_FILLING = 3000
/** Bytes of these after which it is looked at what is kept, and the part of them below which it will not fill the memory. */
const SAMPLE = 8 * AT_ONCE * DEFAULTS.prereadBytes
const LITTLE = 1 / 4

/** Feeds a router random and mutated bytes: it must not fail, and must not grow. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { saved, time } = options
  const mended: SavedInput[] = []
  for (const input of saved) {
    const outcome = await failing(options, input)
    if (outcome !== undefined)
      return { inputs: saved.length, failure: { input, outcome, known: true }, mended: [], growth: undefined }
    mended.push(input)
  }
  const watch = new GrowthWatch()
  const { inputs, found } = await feed(options, watch, time)
  const all = saved.length + inputs
  if (found !== undefined) {
    if (await isOfOthers(options, found)) return { inputs: all, failure: undefined, mended, growth: 'full' }
    return { inputs: all, failure: await shrunk(options, found), mended, growth: undefined }
  }
  const growth = watch.growth ?? ((await keeps(options)) === undefined ? undefined : 'full')
  return { inputs: all, failure: undefined, mended, growth }
}

/** Noise until something fails or time is over; longer as long as the router seems to grow and it is not certain. */
async function feed(
  options: FuzzOptions,
  watch: GrowthWatch,
  time: number,
): Promise<{ readonly inputs: number; readonly found: Found | undefined }> {
  const started = performance.now()
  const doubt = Math.min(DOUBT * time, MOST_DOUBT)
  const every = Math.min(time / MEASURES, MEASURE_EVERY)
  let inputs = 0
  let measured = started
  for (const input of flood(options)) {
    const now = performance.now()
    const over = now - started - time
    if (options.signal?.aborted === true || over > doubt || (over > 0 && !watch.suspects)) break
    if (now - measured >= every) {
      const bytes = await options.measure()
      if (bytes !== undefined) watch.add(inputs, bytes)
      measured = performance.now()
    }
    inputs += input.length
    const found = await firstFailure(options, input)
    if (found !== undefined) return { inputs, found }
    options.progress(inputs)
  }
  return { inputs, found: undefined }
}

/** It was not this input that filled the memory, but all that came before. */
async function isOfOthers(options: FuzzOptions, { input, outcome }: Found): Promise<boolean> {
  return outcome.failure === 'memory' && (await failing(options, input)) === undefined
}

function* flood({ random, connections }: FuzzOptions): Generator<Input[]> {
  yield FLOODS.map((bytes) => ({ bytes, final: true }))
  for (;;) yield Array.from({ length: AT_ONCE }, () => ({ bytes: noise(random, connections), final: random(4) === 0 }))
}

/**
 * As many large connections, all different, as do not fit into an isolate: a router that keeps them runs out of memory. One that
 * has kept little of the first of them is spared the rest.
 */
async function keeps(options: FuzzOptions): Promise<FailedOutcome | undefined> {
  const { random, connections, signal } = options
  const end = performance.now() + MOST_FILLING
  const before = await options.measure()
  for (let filled = 0; filled < FILLING && performance.now() < end && signal?.aborted !== true; ) {
    const inputs = Array.from({ length: AT_ONCE }, () => {
      const bytes = new Uint8Array(DEFAULTS.prereadBytes).fill(random(256))
      bytes.set(noise(random, connections))
      return { bytes, final: false }
    })
    filled += AT_ONCE * DEFAULTS.prereadBytes
    const found = await firstFailure(options, inputs)
    if (found?.outcome.failure === 'memory') return found.outcome
    const held = filled === SAMPLE ? await options.measure() : undefined
    if (before !== undefined && held !== undefined && held - before < LITTLE * filled) return undefined
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
