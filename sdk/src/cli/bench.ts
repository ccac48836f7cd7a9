import { existsSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { RecordedConnection } from '../record.ts'
import { collect } from '../testing/collect.ts'
import { Case } from '../testing/given.ts'
import { cpuText, DecisionStats } from '../testing/stats.ts'
import { tablesBeside, tablesOf } from '../testing/tables.ts'
import type { Inquiry } from '../testing/verdict.ts'
import type { OpenRouter, Workbench } from '../testing/workbench.ts'
import { openOrTell, sizeText } from './check.ts'
import { flatFolders, routerFile, UsageError } from './files.ts'
import { inquiriesOf, readRecord } from './recorded.ts'
import type { Terminal } from './terminal.ts'
import { prepareTestImports, testUrl } from './test-modules.ts'
import { withBench } from './with-bench.ts'

export interface BenchOptions {
  readonly record?: string
  readonly seconds: number
  readonly flat?: boolean
}

/** Questions under way at a time: enough that the host never waits for us. */
const AT_ONCE = 64

/** `router-sdk bench`: how many decisions a second, and their CPU times. The result is the exit code. */
export async function bench(named: string, options: BenchOptions, terminal: Terminal): Promise<number> {
  const file = routerFile(named)
  const recorded = options.record === undefined ? undefined : await readRecord(options.record)
  return withBench({ many: true, flat: flatFolders(options, file) }, async (workbench) => {
    const router = await openOrTell(workbench, file, terminal)
    if (router === undefined) return 1
    const inquiries = await questions(router, recorded?.connections)
    const from =
      options.record ?? (inquiries.length > 1 ? 'the connections of its tests' : 'a connection that sends nothing')
    terminal.progress(`asking ${router.name} for ${options.seconds} s`)
    const measured = await measure(workbench, router, inquiries, options.seconds * 1000)
    terminal.write(resultText(router, from, inquiries.length, measured))
    return measured.failed > 0 ? 1 : 0
  })
}

/** What was recorded, or what the tests beside the router give, or a connection that has sent nothing. */
async function questions(router: OpenRouter, recorded: readonly RecordedConnection[] | undefined): Promise<Inquiry[]> {
  if (recorded !== undefined) {
    const all = recorded.flatMap((connection) => inquiriesOf(connection)).filter((inquiry) => inquiry !== undefined)
    if (all.length === 0) throw new UsageError('the record has no question whose bytes were kept')
    return all
  }
  const beside = await tablesBeside(router.file)
  const [nothing] = [new Case('', undefined)]
  const cases = await testCases(router.file)
  const port = router.description.listen?.port ?? 1
  return [nothing, ...cases].map(({ bytes, ended, client, now, values, hook, event }) => ({
    hook: router.description.hooks.includes(hook) ? hook : (router.description.hooks[0] ?? 'route'),
    bytes,
    final: ended,
    client,
    local: { address: '192.0.2.2', port },
    listener: `0.0.0.0:${port}`,
    now: now ?? Date.now(),
    event,
    tables: tablesOf(values ?? beside),
  }))
}

async function testCases(file: string): Promise<readonly Case[]> {
  const test = file.replace(/\.ts$/, '.test.ts')
  if (!existsSync(test)) return []
  prepareTestImports()
  const suites = await collect(testUrl(test, 1))
  return suites.filter(({ router }) => router === file).flatMap(({ cases }) => cases)
}

interface Measurement {
  readonly stats: DecisionStats
  readonly failed: number
  readonly ms: number
  readonly memory: number
}

async function measure(
  workbench: Workbench,
  router: OpenRouter,
  inquiries: readonly Inquiry[],
  time: number,
): Promise<Measurement> {
  const stats = new DecisionStats()
  const started = performance.now()
  let next = 0
  let failed = 0
  const lane = async (): Promise<void> => {
    while (performance.now() - started < time) {
      const inquiry = inquiries[next++ % inquiries.length]
      if (inquiry === undefined) return
      const { outcome, cpu } = await workbench.ask(router, inquiry)
      stats.add(cpu)
      if (outcome.kind === 'failed') failed += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return { stats, failed, ms: performance.now() - started, memory: workbench.residentBytes }
}

function resultText({ name, compiled }: OpenRouter, from: string, questions: number, measured: Measurement): string {
  const { decisions, p50, p90, p99, max } = measured.stats.summary()
  const rate = Math.round(decisions / (measured.ms / 1000))
  return [
    `${name}: ${rate.toLocaleString('en')} decisions a second, one host, ${decisions.toLocaleString('en')} in ${(measured.ms / 1000).toFixed(1)} s`,
    `  asked   ${questions} different questions: ${from}`,
    `  CPU     p50 ${cpuText(p50)}, p90 ${cpuText(p90)}, p99 ${cpuText(p99)}, max ${cpuText(max)}`,
    `  failed  ${measured.failed}`,
    `  memory  ${Math.round(measured.memory / 1_048_576)} MiB, bundle ${sizeText(Buffer.byteLength(compiled.code))}`,
    '',
  ].join('\n')
}
