import { DEFAULTS } from '../limits.ts'
import type { Hook } from '../sandbox/sandbox.ts'
import { Case } from '../testing/given.ts'
import { cpuText } from '../testing/stats.ts'
import { readTable, TableFault, tablesBeside, tablesOf, type Values } from '../testing/tables.ts'
import type { Inquiry, Verdict } from '../testing/verdict.ts'
import { literal, outcomeText } from '../testing/words.ts'
import { openOrTell } from './check.ts'
import { routerFile, UsageError } from './files.ts'
import { type InputOptions, inputBytes } from './input.ts'
import { parsersText } from './parsers.ts'
import type { Terminal } from './terminal.ts'
import { withBench } from './with-bench.ts'

export interface TryOptions extends InputOptions {
  readonly final?: boolean
  readonly hook: Hook
  readonly from?: string
  readonly table: readonly string[]
}

const WARM_QUESTIONS = 9

/** `router-sdk try`: one question to a router, and all there is to know of the answer. The result is the exit code. */
export async function tryRouter(
  named: string,
  dash: string | undefined,
  options: TryOptions,
  terminal: Terminal,
): Promise<number> {
  const file = routerFile(named)
  if (dash !== undefined && dash !== '-') throw new UsageError(`${dash} is no input: - stands for standard input`)
  const withoutInput = options.hook !== 'route' && [options.text, options.hex, options.file, dash].every((one) => !one)
  const bytes = withoutInput ? new Uint8Array(0) : await inputBytes(options, dash === '-')
  const values = await readTables(file, options.table)
  return withBench({ asks: true }, async (bench) => {
    const router = await openOrTell(bench, file, terminal)
    if (router === undefined) return 1
    const { hooks } = router.description
    if (!hooks.includes(options.hook))
      throw new UsageError(`${named} has no ${options.hook}; it has ${hooks.join(', ')}`)
    const inquiry = inquiryOf(bytes, options, router.description.listen?.port ?? 1, values)
    const verdict = await bench.ask(router, inquiry)
    const warm = await warmTime(() => bench.ask(router, inquiry))
    terminal.write(verdictText(verdict, warm, inquiry, bytes.length, terminal))
    return verdict.outcome.kind === 'failed' ? 1 : 0
  })
}

function inquiryOf(bytes: Uint8Array, { final, hook, from }: TryOptions, port: number, values: Values): Inquiry {
  const model = new Case('', undefined)
  if (from !== undefined) model.from(from)
  if (hook === 'onConnectError' || hook === 'onInactivity') model.on(hook)
  const full = bytes.length >= DEFAULTS.prereadBytes
  return {
    hook,
    bytes: bytes.subarray(0, DEFAULTS.prereadBytes),
    final: hook === 'route' && (final === true || full),
    client: model.client,
    local: { address: '192.0.2.2', port },
    listener: `0.0.0.0:${port}`,
    now: Date.now(),
    event: model.event,
    tables: tablesOf(values),
  }
}

/** `homes=file.json`, instead of or besides the tables that stand beside the router. */
async function readTables(file: string, given: readonly string[]): Promise<Values> {
  try {
    const values: Record<string, Readonly<Record<string, string>>> = { ...(await tablesBeside(file)) }
    for (const word of given) {
      const [, name = '', path] = /^([\w-]+)=(.+)$/.exec(word) ?? []
      if (path === undefined) throw new UsageError(`--table takes NAME=FILE, such as homes=homes.json; found ${word}`)
      values[name] = await readTable(path)
    }
    return values
  } catch (error) {
    if (error instanceof TableFault) throw new UsageError(error.message)
    throw error
  }
}

/** The CPU time that a decision takes once the engine knows the router, in microseconds: the median. */
async function warmTime(ask: () => Promise<Verdict>): Promise<number> {
  const times: number[] = []
  for (let asked = 0; asked < WARM_QUESTIONS; asked++) times.push((await ask()).cpu)
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}

function verdictText(verdict: Verdict, warm: number, inquiry: Inquiry, given: number, terminal: Terminal): string {
  const { outcome, cpu, lookups, log } = verdict
  const { hook, bytes, final } = inquiry
  const dim = (text: string): string => terminal.style('dim', text)
  const cut = given > bytes.length ? ` (of ${given}: no more than that is read before a decision)` : ''
  const mark = outcome.kind === 'failed' ? terminal.style('red', '✖') : terminal.style('green', '✔')
  const lines = [`${mark} ${terminal.style('bold', outcomeText(outcome, final))}`]
  if (outcome.kind === 'failed' && outcome.frame !== '') lines.push(outcome.frame)
  lines.push('', `${dim('asked   ')} ${hook}, ${bytes.length} bytes${cut}${final ? ', final' : ''}`)
  lines.push(`${dim('bytes   ')} ${literal(bytes, 160)}`)
  if (bytes.length > 0) lines.push(...labelled('parsers', parsersText(bytes), dim))
  const looked = lookups.map(({ table, key, value }) => `${table}[${JSON.stringify(key)}] = ${JSON.stringify(value)}`)
  lines.push(...labelled('look-ups', looked.length === 0 ? ['none'] : looked, dim))
  if (log.length > 0) lines.push(...labelled('log', log, dim))
  lines.push(
    `${dim('CPU     ')} ${cpuText(warm)} of ${cpuText(DEFAULTS.decisionTime * 1000)}; the first time ${cpuText(cpu)}`,
  )
  return `${lines.join('\n')}\n`
}

function labelled(label: string, lines: readonly string[], dim: (text: string) => string): string[] {
  return lines.map((line, index) => `${dim((index === 0 ? label : '').padEnd(8))} ${line}`)
}
