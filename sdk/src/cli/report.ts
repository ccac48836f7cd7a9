import { DEFAULTS } from '../limits.ts'
import type { FuzzResult } from '../testing/fuzz.ts'
import { growthText } from '../testing/growth.ts'
import { type CaseResult, CPU_LIMIT } from '../testing/run.ts'
import { cpuText, type StatsSummary } from '../testing/stats.ts'
import { literal } from '../testing/words.ts'

/** What came of one `routerTest`, or of a test file that could not be read. */
export interface RouterReport {
  /** Paths as shown. */
  readonly test: string
  readonly router: string | undefined
  readonly cases: readonly CaseResult[]
  /** What is wrong besides single connections, in lines: it does not compile, noise makes it fail, it is too slow. */
  readonly problems: readonly string[]
  readonly fuzzed: number | undefined
  readonly measured: Measured | undefined
  readonly ms: number
}

export interface Measured extends StatsSummary {
  /** Resident bytes of the host. */
  readonly memory: number
  /** Bytes of the bundle. */
  readonly bundle: number
}

export function isGood({ cases, problems }: RouterReport): boolean {
  return problems.length === 0 && cases.every(({ problem }) => problem === undefined)
}

/** Told of each report as it comes, and when all have. */
export interface Reporter {
  report(report: RouterReport): void
  end(): void
}

/** What noise found, in lines. */
export function fuzzProblems(result: FuzzResult | undefined, test: string): string[] {
  if (result === undefined) return []
  const problems: string[] = []
  if (result.failure !== undefined) {
    const { input, outcome, known } = result.failure
    const where = outcome.at === undefined ? '' : ` at ${outcome.at}`
    const final = input.final ? '.final()' : ''
    problems.push(
      [
        `${known ? 'an input that was saved still makes' : 'noise makes'} the router fail (${outcome.failure})${where}: ${outcome.message}`,
        ...(outcome.frame === '' ? [] : [outcome.frame]),
        known ? 'as a test:' : `saved beside ${test}; as a test:`,
        `  given(${literal(input.bytes)})${final}.answers()`,
      ].join('\n'),
    )
  }
  if (result.growth !== undefined) {
    const full = `memory grows until it is full (${DEFAULTS.isolateMemory / 1_048_576} MiB)`
    const grows = result.growth === 'full' ? full : growthText(result.growth)
    problems.push(`${grows}: a router keeps nothing from one decision to the next`)
  }
  return problems
}

/** A decision that took longer than it may is a failure even when it was let through. */
export function slowProblems({ max }: StatsSummary): string[] {
  return max > CPU_LIMIT ? [`a decision took ${cpuText(max)} of CPU time; ${cpuText(CPU_LIMIT)} are allowed`] : []
}
