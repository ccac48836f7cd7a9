import { performance } from 'node:perf_hooks'
import { DEFAULTS } from '../limits.ts'
import { tryArrivals } from './arrivals.ts'
import type { Suite } from './collect.ts'
import { type Ask, type Course, play } from './connection.ts'
import { type FuzzResult, fuzz } from './fuzz.ts'
import { fuzzFileOf, savedInputs, saveInputs } from './fuzz-file.ts'
import type { Case } from './given.ts'
import { expectationText, judge } from './judge.ts'
import { type Random, randomFrom } from './noise.ts'
import { DecisionStats, type StatsSummary } from './stats.ts'
import { tablesBeside, tablesOf, type Values } from './tables.ts'
import type { Inquiry, Verdict } from './verdict.ts'
import { literal } from './words.ts'
import type { OpenRouter, Workbench } from './workbench.ts'

/** One `given`, tried. */
export interface CaseResult {
  /** The line of the test file. */
  readonly line: number | undefined
  /** The connection and what is expected of it. */
  readonly text: string
  /** What is wrong, in lines. */
  readonly problem: string | undefined
  readonly ms: number
}

export interface SuiteRun {
  readonly cases: readonly CaseResult[]
  readonly stats: StatsSummary
}

const MOST_SHOWN = 48
const MOST_ATTEMPTS = 3

/** Runs what one `routerTest` says of a router, and feeds the router noise. */
export class SuiteRunner {
  readonly #bench: Workbench
  readonly #router: OpenRouter
  readonly #suite: Suite
  readonly #test: string
  readonly #stats = new DecisionStats()
  readonly #ask: Ask
  #beside: Values = {}

  /** `test`: absolute path of the test file. */
  constructor(bench: Workbench, router: OpenRouter, suite: Suite, test: string) {
    this.#bench = bench
    this.#router = router
    this.#suite = suite
    this.#test = test
    this.#ask = async (inquiry) => {
      const verdict = await this.#askSteadily(inquiry)
      this.#stats.add(verdict.cpu)
      return verdict
    }
  }

  async runCases(progress: (done: number, of: number) => void): Promise<readonly CaseResult[]> {
    this.#beside = await tablesBeside(this.#router.file)
    const { cases } = this.#suite
    const results: CaseResult[] = []
    for (const each of cases) {
      progress(results.length, cases.length)
      const started = performance.now()
      const problem = await this.#runCase(each)
      const text = `${literal(each.bytes, MOST_SHOWN)}${caseFacts(each)} ${expectationText(each.expected)}`
      results.push({ line: each.line, text, problem, ms: performance.now() - started })
    }
    return results
  }

  /** The noise; a new failing input is saved beside the test. `update` forgets saved ones that fail no more. */
  async runFuzz(options: {
    readonly time: number
    readonly update: boolean
    readonly progress: (inputs: number) => void
    readonly signal?: AbortSignal
    readonly random?: Random
  }): Promise<FuzzResult | undefined> {
    if (!this.#router.description.hooks.includes('route')) return undefined
    const file = fuzzFileOf(this.#test)
    const { name } = this.#router
    const saved = await savedInputs(file, name)
    const { time, update, progress, signal, random = randomFrom(Date.now()) } = options
    const connections = this.#suite.cases.map(({ bytes }) => bytes).filter(({ length }) => length > 0)
    const [model] = this.#suite.cases
    const { bytes: _, ...inquiry } = this.#inquiryOf(model)
    const measure = (): Promise<number | undefined> => this.#bench.measure(this.#router)
    const result = await fuzz({ ask: this.#ask, measure, inquiry, connections, saved, random, time, progress, signal })
    if (result.failure?.known === false) await saveInputs(file, name, [...(update ? [] : saved), result.failure.input])
    else if (update && result.failure === undefined) await saveInputs(file, name, [])
    return result
  }

  get stats(): StatsSummary {
    return this.#stats.summary()
  }

  /** A machine that is busy makes one decision slow; a router makes it slow each time. */
  async #askSteadily(inquiry: Inquiry): Promise<Verdict> {
    for (let attempt = 1; ; attempt++) {
      const verdict = await this.#bench.ask(this.#router, inquiry)
      const { outcome, cpu } = verdict
      const slow = cpu > CPU_LIMIT || (outcome.kind === 'failed' && outcome.failure === 'timeout')
      if (!slow || attempt === MOST_ATTEMPTS) return verdict
    }
  }

  async #runCase(each: Case): Promise<string | undefined> {
    const { hooks } = this.#router.description
    if (!hooks.includes(each.hook) && each.hook !== 'route') return `the router has no ${each.hook}`
    const inquiry = this.#inquiryOf(each)
    if (each.hook !== 'route') return judge(await this.#askHook(each, inquiry), each.expected)
    const arrival = { sizes: each.bytes.length === 0 ? [] : [each.bytes.length], ended: each.ended }
    const whole = await play(this.#ask, hooks, inquiry, arrival)
    const problem = judge(whole, each.expected)
    if (problem !== undefined || whole.outcome.kind === 'failed') return problem
    const fallbacks = this.#fallbacks()
    return tryArrivals({ ask: this.#ask, hooks, inquiry, ended: each.ended, whole, fallbacks })
  }

  async #askHook(each: Case, inquiry: Omit<Inquiry, 'hook' | 'final'>): Promise<Course> {
    const verdict = await this.#ask({ ...inquiry, hook: each.hook, event: each.event, final: false })
    return { ...verdict, seen: each.bytes.length, final: false }
  }

  #inquiryOf(each: Case | undefined): Omit<Inquiry, 'hook' | 'final'> {
    const listen = this.#router.description.listen
    const port = listen?.port ?? 1
    return {
      bytes: each?.bytes ?? new Uint8Array(0),
      client: each?.client ?? { address: '192.0.2.1', port: 49_152 },
      local: each?.local ?? { address: '192.0.2.2', port },
      listener: `${listen?.host ?? '0.0.0.0'}:${port}`,
      now: each?.now ?? Date.now(),
      tables: tablesOf(each?.values ?? this.#beside),
    }
  }

  /** Where connections go by the tests' own account when no more bytes come. */
  #fallbacks(): ReadonlySet<string> {
    const remotes = this.#suite.cases.flatMap(({ ended, expected }) =>
      ended && expected.kind === 'routesTo' ? [expected.remote] : [],
    )
    return new Set(remotes)
  }
}

function caseFacts({ hook, ended }: Case): string {
  return `${hook === 'route' ? '' : ` on ${hook}`}${ended ? ' and no more' : ''}`
}

/** The limit that CPU times are held against, in microseconds. */
export const CPU_LIMIT = DEFAULTS.decisionTime * 1000
