import { type Spread, shown } from '../figures.ts'
import type { Findings, Table } from '../findings.ts'

/** Findings for a terminal. */
export function printed({ title, tables, ratios, rounds, seconds }: Findings): string {
  const named = Object.entries(ratios).map(([name, ratio]) => `  ${name}: ${cell(ratio)}`)
  return [
    `\n${title} (${rounds} rounds${seconds === 0 ? '' : ` of ${seconds} s`})`,
    ...tables.map(tableText),
    '',
    ...named,
  ].join('\n')
}

function tableText({ title, columns, rows }: Table): string {
  const lines = [['', ...columns.map(({ name }) => name)], ...rows.map(({ name, cells }) => [name, ...cells.map(cell)])]
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0))) ?? []
  const text = lines.map((line) =>
    line.map((word, at) => (at === 0 ? word.padEnd(widths[at] ?? 0) : word.padStart(widths[at] ?? 0))).join('  '),
  )
  return [`\n${title}`, ...text].join('\n')
}

function cell(spread: Spread | null): string {
  if (spread === null || !Number.isFinite(spread.median)) return '–'
  return `${shown(spread.median)} (${shown(spread.least)}–${shown(spread.most)})`
}
