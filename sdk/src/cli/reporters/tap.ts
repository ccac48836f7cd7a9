import type { Reporter, RouterReport } from '../report.ts'
import type { Terminal } from '../terminal.ts'

/** The Test Anything Protocol, version 14. */
export function tapReporter(terminal: Terminal): Reporter {
  let count = 0
  const point = (name: string, problem: string | undefined): void => {
    count += 1
    const description = name.replace(/[\\#]/g, '\\$&').replace(/\n/g, ' ')
    terminal.line(`${problem === undefined ? 'ok' : 'not ok'} ${count} - ${description}`)
    if (problem !== undefined) terminal.line(diagnostic(problem))
  }
  terminal.line('TAP version 14')
  return {
    report: (report) => {
      for (const { name, problem } of points(report)) point(name, problem)
    },
    end: () => terminal.line(`1..${count}`),
  }
}

/** Everything in a report that can pass or fail. */
export function points(report: RouterReport): { name: string; problem: string | undefined; ms: number }[] {
  const { test, router, cases, problems, ms } = report
  const known = cases.map(({ line, text, problem, ms: time }) => ({
    name: `${test}${line === undefined ? '' : `:${line}`} ${text}`,
    problem,
    ms: time,
  }))
  const whole = { name: `${router ?? test} as a whole`, problem: problems.join('\n') || undefined, ms }
  return [...known, whole]
}

function diagnostic(problem: string): string {
  return `  ---\n  message: |\n${problem.replace(/^/gm, '    ')}\n  ...`
}
