import { writeFileSync } from 'node:fs'
import type { Party } from './processor.ts'

/** One class of attack by so many tenants at once, beside peace measured in turns with it. */
export interface Cell {
  readonly attack: string
  readonly attackers: number
  readonly peace: number
  readonly p50: number
  readonly p99: number
  readonly ratio: number
  readonly lost: number
  readonly closed: number
  /** Processors that each party kept busy under attack. */
  readonly used: ReadonlyMap<Party, number>
}

export interface Machine {
  readonly cpus: number
  readonly cpu: string
  readonly kernel: string
  readonly node: string
  readonly date: string
}

/** Writes the table as Markdown and the ratios as a plot. */
export function writeReport(
  path: string,
  cells: readonly Cell[],
  machine: Machine,
  about: ReadonlyMap<string, string>,
): void {
  writeFileSync(`${path}.md`, markdown(cells, machine, about))
  writeFileSync(`${path}.svg`, plot(cells))
}

function markdown(cells: readonly Cell[], machine: Machine, about: ReadonlyMap<string, string>): string {
  const rows = cells.map(
    ({ attack, attackers, peace, p50, p99, ratio, lost, closed }) =>
      `| ${attack} | ${attackers} | ${ms(peace)} | ${ms(p50)} | ${ms(p99)} | ${ratio.toFixed(2)} | ${lost} | ${closed} |`,
  )
  const classes = [...about].map(([name, text]) => `- **${name}**: ${text}`)
  const [worst] = cells.toSorted((a, b) => b.ratio - a.ratio)
  return `# Blast radius

What 50 well-behaved tenants notice of tenants that attack beside them. Made by \`node bench/blast-radius.ts\` on ${machine.date}:
${machine.cpus} × ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}. One worker, one serving sandbox host of untrusted tenants, all
tenants on one port told apart by host name, default limits. Everything, the clients of both sides included, runs on the same machine.

Each well-behaved tenant is asked for by new connections in an open loop, and has one relayed connection that says something twenty
times a second. Measured is the time from opening a connection to the first byte of the upstream's answer. *Peace* is the 99th
percentile just before the attack, *ratio* that under attack divided by it. *Lost* are requests without the right answer, *closed*
relayed connections that ended or heard something wrong.

${worst === undefined ? '' : `The worst ratio is ${worst.ratio.toFixed(2)} (${worst.attack}, ${worst.attackers} attacking); lost ${sum(cells, 'lost')}, closed ${sum(cells, 'closed')} in all.`}

![ratio of the 99th percentile by class of attack](blast-radius.svg)

| attack | tenants attacking | peace p99, ms | p50, ms | p99, ms | ratio | lost | closed |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}

The classes:

${classes.join('\n')}
`
}

const ROW = 22
const BAR = 6
const LEFT = 110
const WIDTH = 720
const SHADES = ['#7fb3d5', '#2e86c1', '#1b4f72']

function plot(cells: readonly Cell[]): string {
  const attacks = [...new Set(cells.map(({ attack }) => attack))]
  const counts = [...new Set(cells.map(({ attackers }) => attackers))]
  const most = Math.max(2.5, ...cells.map(({ ratio }) => ratio))
  const x = (ratio: number) => LEFT + (ratio / most) * (WIDTH - LEFT - 60)
  const height = attacks.length * ROW + 60
  const bars = cells.map(({ attack, attackers, ratio }) => {
    const y = 30 + attacks.indexOf(attack) * ROW + counts.indexOf(attackers) * BAR
    return `<rect x="${LEFT}" y="${y}" width="${(x(ratio) - LEFT).toFixed(1)}" height="${BAR - 1}" fill="${SHADES[counts.indexOf(attackers)]}"><title>${attack}, ${attackers}: ${ratio.toFixed(2)}</title></rect>`
  })
  const names = attacks.map(
    (attack, row) => `<text x="${LEFT - 6}" y="${30 + row * ROW + 13}" text-anchor="end">${attack}</text>`,
  )
  const lines = [1, 2].map(
    (ratio) =>
      `<line x1="${x(ratio)}" x2="${x(ratio)}" y1="24" y2="${height - 30}" stroke="${ratio === 2 ? '#c0392b' : '#888'}" stroke-dasharray="3 3"/><text x="${x(ratio)}" y="18" text-anchor="middle">${ratio} ×</text>`,
  )
  const legend = counts.map(
    (count, index) =>
      `<rect x="${LEFT + index * 130}" y="${height - 20}" width="10" height="10" fill="${SHADES[index]}"/><text x="${LEFT + index * 130 + 14}" y="${height - 11}">${count} attacking</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
${[...lines, ...names, ...bars, ...legend].join('\n')}
</svg>
`
}

function ms(value: number): string {
  return value.toFixed(1)
}

function sum(cells: readonly Cell[], key: 'lost' | 'closed'): number {
  return cells.reduce((all, cell) => all + cell[key], 0)
}
