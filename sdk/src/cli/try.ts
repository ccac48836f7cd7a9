import { DEFAULTS } from '../limits.ts'
import { cpuText } from '../testing/stats.ts'
import type { Inquiry, Verdict } from '../testing/verdict.ts'
import { literal, outcomeText } from '../testing/words.ts'
import { openOrTell } from './check.ts'
import { flatFolders, routerFile } from './files.ts'
import { parsersText } from './parsers.ts'
import { inquiryOf, type QuestionOptions, readQuestion } from './question.ts'
import type { Terminal } from './terminal.ts'
import { withBench } from './with-bench.ts'

const WARM_QUESTIONS = 9

/** `router-sdk try`: one question to a router, and all there is to know of the answer. The result is the exit code. */
export async function tryRouter(
  named: string,
  dash: string | undefined,
  options: QuestionOptions,
  terminal: Terminal,
): Promise<number> {
  const file = routerFile(named)
  const question = await readQuestion(file, dash, options)
  return withBench({ many: false, flat: flatFolders(options, file) }, async (bench) => {
    const router = await openOrTell(bench, file, terminal)
    if (router === undefined) return 1
    const inquiry = inquiryOf(router, question)
    const verdict = await bench.ask(router, inquiry)
    const warm = await warmTime(() => bench.ask(router, inquiry))
    terminal.write(verdictText(verdict, warm, inquiry, question.bytes.length, terminal))
    return verdict.outcome.kind === 'failed' ? 1 : 0
  })
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
