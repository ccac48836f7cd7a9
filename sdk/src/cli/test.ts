import { performance } from 'node:perf_hooks'
import { collect, type Suite } from '../testing/collect.ts'
import type { CaseResult } from '../testing/run.ts'
import { SuiteRunner } from '../testing/run.ts'
import type { OpenRouter, Workbench } from '../testing/workbench.ts'
import { problemsOf, problemText } from './check.ts'
import { findTests, rootFolders, shown } from './files.ts'
import { fuzzProblems, isGood, type Reporter, type RouterReport, slowProblems } from './report.ts'
import { createReporter, type ReporterName } from './reporters/index.ts'
import type { Terminal } from './terminal.ts'
import { prepareTestImports, testUrl } from './test-modules.ts'
import { withBench } from './with-bench.ts'

export interface TestOptions {
  readonly watch?: boolean
  readonly reporter: ReporterName
  readonly update?: boolean
  readonly flat?: boolean
  /** How long each router is fed noise, in seconds. */
  readonly noise: number
}

/** `router-sdk test`: runs the tests beside routers. The result is the exit code. */
export async function test(named: readonly string[], options: TestOptions, terminal: Terminal): Promise<number> {
  const flat = options.flat ? rootFolders(named) : undefined
  return withBench({ many: true, flat }, async (bench) => {
    prepareTestImports()
    const session = new TestSession(bench, terminal, options.update === true, options.noise * 1000)
    if (options.watch === true) {
      const { watchTests } = await import('./watch.ts')
      await watchTests(named, session, createReporter('spec', terminal), terminal)
      return 0
    }
    const reporter = createReporter(options.reporter, terminal)
    const good = await session.runAll(await findTests(named), reporter)
    return good ? 0 : 1
  })
}

/** One `routerTest` of a test file, and its router once that is loaded. */
interface Opened {
  readonly file: string
  readonly suite: Suite
  readonly router: Promise<OpenRouter | { readonly problems: readonly string[] }>
}

/** What was done and is not yet told: noise follows. */
export interface Tried {
  readonly report: RouterReport
  /** Files on which the result depends. */
  readonly inputs: readonly string[]
  /** Feeds the router noise and gives the whole report. */
  readonly fuzz: (signal?: AbortSignal) => Promise<RouterReport>
}

/** Runs test files, each as often as it is asked to. */
export class TestSession {
  readonly #bench: Workbench
  readonly #terminal: Terminal
  readonly #update: boolean
  readonly #fuzzTime: number
  readonly #loaded: OpenRouter[] = []
  #run = 0

  /** `fuzzTime`: milliseconds for each router. */
  constructor(bench: Workbench, terminal: Terminal, update: boolean, fuzzTime: number) {
    this.#bench = bench
    this.#terminal = terminal
    this.#update = update
    this.#fuzzTime = fuzzTime
  }

  /** Whether all is as expected. */
  async runAll(files: readonly string[], reporter: Reporter): Promise<boolean> {
    let good = true
    // File by file, so that the host has no more routers in memory than need be.
    for (const file of files) {
      for await (const { report, fuzz } of this.run([file])) {
        const whole = isGood(report) ? await fuzz() : report
        reporter.report(whole)
        good &&= isGood(whole)
      }
    }
    reporter.end()
    return good
  }

  /** Tries every connection of these test files; noise is left to the caller. */
  async *run(files: readonly string[]): AsyncGenerator<Tried> {
    this.#run += 1
    for (const router of this.#loaded.splice(0)) await this.#bench.forget(router)
    const opened: (Opened | Tried)[] = []
    const routers = new Map<string, Opened['router']>()
    for (const file of files) {
      const suites = await this.#collect(file)
      if ('problems' in suites) opened.push(finished(suites, [file]))
      else for (const suite of suites) opened.push({ file, suite, router: this.#open(suite.router, routers) })
    }
    for (const each of opened) {
      if ('report' in each) yield each
      else yield await this.#try(each)
    }
  }

  async #collect(file: string): Promise<readonly Suite[] | RouterReport> {
    try {
      const suites = await collect(testUrl(file, this.#run))
      return suites.length > 0 ? suites : broken(file, ['it tests nothing: it has no routerTest(…)'])
    } catch (error) {
      return broken(file, [`the test file fails: ${error instanceof Error ? (error.stack ?? error.message) : error}`])
    }
  }

  #open(file: string, routers: Map<string, Opened['router']>): Opened['router'] {
    const opening = routers.get(file) ?? this.#openNow(file)
    routers.set(file, opening)
    return opening
  }

  async #openNow(file: string): Opened['router'] {
    try {
      const router = await this.#bench.open(file)
      this.#loaded.push(router)
      return router
    } catch (error) {
      return { problems: [problemText(problemsOf(error, file), this.#terminal)] }
    }
  }

  async #try({ file, suite, router: opening }: Opened): Promise<Tried> {
    const name = shown(suite.router)
    this.#terminal.progress(`compiling ${name}`)
    const started = performance.now()
    const router = await opening
    const common = { test: shown(file), router: name }
    const ms = (): number => performance.now() - started
    if ('problems' in router) {
      const nothing = { cases: [], fuzzed: undefined, measured: undefined, ms: ms() }
      return finished({ ...common, ...nothing, problems: router.problems }, [file, suite.router])
    }
    const runner = new SuiteRunner(this.#bench, router, suite, file)
    const progress = (what: string): void => this.#terminal.progress(`${name}: ${what}`)
    const cases = await runner.runCases((done, of) => progress(`connection ${done + 1} of ${of}`))
    const inputs = [file, ...router.compiled.inputs]
    const report = (problems: readonly string[], fuzzed?: number): RouterReport => ({
      ...common,
      cases,
      problems: problems.length > 0 || cases.some(({ problem }) => problem) ? problems : slowProblems(runner.stats),
      fuzzed,
      measured: { ...runner.stats, ...this.#sizes(router) },
      ms: ms(),
    })
    return {
      report: report(empty(cases)),
      inputs,
      fuzz: (signal) => this.#fuzz(runner, common.test, report, progress, signal),
    }
  }

  async #fuzz(
    runner: SuiteRunner,
    test: string,
    report: (problems: readonly string[], fuzzed?: number) => RouterReport,
    progress: (what: string) => void,
    signal: AbortSignal | undefined,
  ): Promise<RouterReport> {
    const result = await runner.runFuzz({
      time: this.#fuzzTime,
      update: this.#update,
      progress: (inputs) => progress(`${inputs} random and mutated inputs`),
      ...(signal && { signal }),
    })
    return report(fuzzProblems(result, test), result?.inputs)
  }

  #sizes({ compiled }: OpenRouter): { memory: number; bundle: number } {
    return { memory: this.#bench.residentBytes, bundle: Buffer.byteLength(compiled.code) }
  }
}

function empty(cases: readonly CaseResult[]): string[] {
  return cases.length === 0 ? ['the test gives no connection: given(…)'] : []
}

function broken(file: string, problems: readonly string[]): RouterReport {
  return { test: shown(file), router: undefined, cases: [], problems, fuzzed: undefined, measured: undefined, ms: 0 }
}

function finished(report: RouterReport, inputs: readonly string[]): Tried {
  return { report, inputs, fuzz: async () => report }
}
