import type { Reporter, RouterReport } from '../report.ts'
import type { Terminal } from '../terminal.ts'
import { points } from './tap.ts'

/** JUnit's XML, as CI systems read it. */
export function junitReporter(terminal: Terminal): Reporter {
  const reports: RouterReport[] = []
  return {
    report: (report) => void reports.push(report),
    end: () => {
      terminal.line('<?xml version="1.0" encoding="UTF-8"?>')
      terminal.line(`<testsuites>\n${reports.map(suite).join('\n')}\n</testsuites>`)
    },
  }
}

function suite(report: RouterReport): string {
  const all = points(report)
  const failures = all.filter(({ problem }) => problem !== undefined).length
  const name = report.router ?? report.test
  const head = `  <testsuite name="${xml(name)}" tests="${all.length}" failures="${failures}" time="${seconds(report.ms)}">`
  const cases = all.map(({ name: title, problem, ms }) => {
    const open = `    <testcase classname="${xml(name)}" name="${xml(title)}" time="${seconds(ms)}"`
    if (problem === undefined) return `${open}/>`
    const [first = ''] = problem.split('\n')
    return `${open}>\n      <failure message="${xml(first)}">${xml(problem)}</failure>\n    </testcase>`
  })
  return `${head}\n${cases.join('\n')}\n  </testsuite>`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Characters that XML 1.0 cannot hold, not even escaped, are shown as what they are not. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
