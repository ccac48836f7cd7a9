import { isGood, type Reporter, type RouterReport } from '../report.ts'
import type { Terminal } from '../terminal.ts'
import { junitReporter } from './junit.ts'
import { specReporter } from './spec.ts'
import { tapReporter } from './tap.ts'

export const REPORTERS = ['spec', 'tap', 'junit', 'json'] as const
export type ReporterName = (typeof REPORTERS)[number]

export function createReporter(name: ReporterName, terminal: Terminal): Reporter {
  switch (name) {
    case 'spec':
      return specReporter(terminal)
    case 'tap':
      return tapReporter(terminal)
    case 'junit':
      return junitReporter(terminal)
    case 'json':
      return jsonReporter(terminal)
    default:
      return name satisfies never
  }
}

function jsonReporter(terminal: Terminal): Reporter {
  const reports: RouterReport[] = []
  return {
    report: (report) => void reports.push(report),
    end: () => {
      const routers = reports.map((report) => ({ ok: isGood(report), ...report }))
      terminal.line(JSON.stringify({ ok: reports.every(isGood), routers }, null, 2))
    },
  }
}
