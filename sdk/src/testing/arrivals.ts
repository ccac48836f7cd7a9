import type { Hook } from '../sandbox/sandbox.ts'
import { type Ask, type Course, type Fate, fateOf, play, sameFate } from './connection.ts'
import type { Inquiry } from './verdict.ts'
import { fateText, literal, outcomeText } from './words.ts'

/** One connection that is to be tried in every way in which its bytes may arrive. */
export interface Trial {
  readonly ask: Ask
  readonly hooks: readonly Hook[]
  readonly inquiry: Omit<Inquiry, 'hook' | 'final'>
  /** No more bytes come: `.final()`. */
  readonly ended: boolean
  /** How it went when all bytes arrived at once. */
  readonly whole: Course
  /** Remotes to which this router's tests say that connections go that were cut short. */
  readonly fallbacks: ReadonlySet<string>
}

const AT_ONCE = 16
const EVERY_CUT = 512
const LAST_CUTS = 32
const STRIDE = 997
const TRAILERS = ['\0', '\xff', '\n\n\n', 'A'.repeat(100)]

/** The first way of arriving that makes a difference, in words; `undefined` when none does. */
export async function tryArrivals(trial: Trial): Promise<string | undefined> {
  const { bytes } = trial.inquiry
  const cuts = cutsOf(bytes.length)
  const ways: (() => Promise<string | undefined>)[] = [
    ...cuts.map((cut) => () => arrivesAs(trial, bytes, [cut, bytes.length], `${count(cut)}, then the rest`)),
    () => arrivesAs(trial, bytes, [...cuts, bytes.length], 'byte by byte'),
    ...(trial.ended ? [] : TRAILERS.map((trailer) => () => withTrailer(trial, trailer))),
    ...cuts.map((cut) => () => cutShort(trial, cut)),
  ]
  for (let at = 0; at < ways.length; at += AT_ONCE) {
    const problems = await Promise.all(ways.slice(at, at + AT_ONCE).map((way) => way()))
    const problem = problems.find((found) => found !== undefined)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Where to cut: everywhere, but for some of the places in the middle of what is long. */
function cutsOf(length: number): number[] {
  const all = Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1)
  return all.filter((cut) => cut <= EVERY_CUT || cut > length - LAST_CUTS || cut % STRIDE === 0)
}

async function arrivesAs(
  trial: Trial,
  bytes: Uint8Array,
  sizes: readonly number[],
  way: string,
): Promise<string | undefined> {
  const { ask, hooks, inquiry, ended, whole } = trial
  const course = await play(ask, hooks, { ...inquiry, bytes }, { sizes, ended })
  const [expected, found] = [fateOf(whole, bytes), fateOf(course, bytes)]
  if (sameFate(expected, found)) return undefined
  // What asked for more bytes than it takes to refuse these refuses them later, when the client ends or its time does.
  if (expected.kind === 'close' && found.kind === 'wait') {
    const later = await play(ask, hooks, { ...inquiry, bytes }, { sizes, ended: true })
    if (sameFate(expected, fateOf(later, bytes)) || later.outcome.kind === 'wait') return undefined
  }
  return difference([`all ${bytes.length} bytes at once`, expected, whole], [way, found, course])
}

/** Bytes behind those of the test must go where they would have gone a moment later. */
async function withTrailer(trial: Trial, trailer: string): Promise<string | undefined> {
  const { ask, hooks, inquiry, whole } = trial
  if (whole.outcome.kind === 'wait') return undefined // with more bytes it may be decided
  const bytes = Buffer.concat([inquiry.bytes, Buffer.from(trailer, 'latin1')])
  const course = await play(ask, hooks, { ...inquiry, bytes }, { sizes: [bytes.length], ended: false })
  const [expected, found] = [fateOf(whole, bytes), fateOf(course, bytes)]
  if (sameFate(expected, found)) return undefined
  const behind = `${literal(trailer, 8)} behind`
  return difference(
    [`${inquiry.bytes.length} bytes, and later ${behind}`, expected, whole],
    [`the same with ${behind} at once`, found, course],
  )
}

/** What waits for more, and is told that none will come, waits (which closes) or closes. */
async function cutShort(trial: Trial, cut: number): Promise<string | undefined> {
  const { ask, hooks, inquiry, fallbacks } = trial
  const course = await play(ask, hooks, inquiry, { sizes: [cut], ended: true })
  const { outcome, final } = course
  const where = `cut short after ${count(cut)} (${literal(inquiry.bytes.subarray(0, cut), 40)}), with final set`
  if (outcome.kind === 'failed')
    return `${where}: the router ${outcomeText(outcome)}${outcome.frame && `\n${outcome.frame}`}`
  if (!final || outcome.kind !== 'forward' || fallbacks.has(outcome.remote)) return undefined
  return `${where}: the router ${outcomeText(outcome)}, though it waited for more before; if it is meant to, say so: given(…).final().routesTo('${outcome.remote}')`
}

function difference(a: readonly [string, Fate, Course], b: readonly [string, Fate, Course]): string {
  const width = Math.max(a[0].length, b[0].length)
  const rows = [a, b].map(
    ([way, fate, { seen }]) => `  ${way.padEnd(width)}  → ${fateText(fate)} (decided after ${seen})`,
  )
  return `the decision depends on how the bytes arrive:\n${rows.join('\n')}`
}

function count(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes} bytes`
}
