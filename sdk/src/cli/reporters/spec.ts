import { DEFAULTS } from '../../limits.ts'
import { CPU_LIMIT } from '../../testing/run.ts'
import { cpuText } from '../../testing/stats.ts'
import { sizeText } from '../check.ts'
import { isGood, type Measured, type Reporter, type RouterReport } from '../report.ts'
import type { Terminal } from '../terminal.ts'

/** For a person. */
export function specReporter(terminal: Terminal): Reporter {
  const reports: RouterReport[] = []
  return {
    report: (report) => {
      reports.push(report)
      terminal.write(`${reportText(report, terminal)}\n`)
    },
    end: () => terminal.line(totalText(reports, terminal)),
  }
}

function reportText({ test, router, cases, problems, fuzzed, measured, ms }: RouterReport, terminal: Terminal): string {
  const good = terminal.style('green', '✔')
  const bad = terminal.style('red', '✖')
  const lines = [terminal.style('bold', router ?? test)]
  for (const { line, text, problem } of cases) {
    const place = terminal.style('dim', `${test}${line === undefined ? '' : `:${line}`}`)
    lines.push(`  ${problem === undefined ? good : bad} ${text}  ${place}`)
    if (problem !== undefined) lines.push(indented(problem, 6))
  }
  for (const problem of problems) lines.push(`  ${bad} ${indented(problem, 4).trimStart()}`)
  if (fuzzed !== undefined && problems.length === 0) lines.push(`  ${good} ${fuzzed} random and mutated inputs`)
  if (measured !== undefined) lines.push(`  ${terminal.style('dim', measuredText(measured, ms))}`)
  return `${lines.join('\n')}\n`
}

function measuredText({ decisions, p50, p99, max, memory, bundle }: Measured, ms: number): string {
  return [
    `${decisions} decisions`,
    `CPU p50 ${cpuText(p50)}, p99 ${cpuText(p99)}, max ${cpuText(max)} of ${cpuText(CPU_LIMIT)}`,
    `memory ${mebibytes(memory)} of ${mebibytes(DEFAULTS.hostMemory)}`,
    `bundle ${sizeText(bundle)}`,
    `${Math.round(ms)} ms`,
  ].join(' · ')
}

function totalText(reports: readonly RouterReport[], terminal: Terminal): string {
  const cases = reports.flatMap((report) => report.cases)
  const failed = cases.filter(({ problem }) => problem !== undefined).length
  const other = reports.reduce((sum, { problems }) => sum + problems.length, 0)
  const text = `${cases.length - failed} of ${cases.length} connections as expected`
  if (reports.every(isGood)) return terminal.style('green', text)
  return terminal.style('red', other === 0 ? text : `${text}, ${other} other ${other === 1 ? 'problem' : 'problems'}`)
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`
}

function indented(text: string, by: number): string {
  return text.replace(/^/gm, ' '.repeat(by))
}
