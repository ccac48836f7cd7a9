import { writeFileSync } from 'node:fs'
import type { Spread } from '../figures.ts'
import type { Machine } from '../machine.ts'
import { barPlot } from '../plot.ts'
import type { Party } from './processor.ts'

/** One class of attack by so many tenants at once, beside peace measured in turns with it. Times are milliseconds. */
export interface Cell {
  readonly attack: string
  readonly attackers: number
  /** 99th percentile in peace, of all turns together, as are the two that follow. */
  readonly peace: number
  readonly p50: number
  readonly p99: number
  /** Of the 99th percentiles of a turn. */
  readonly ratio: Spread
  readonly lost: number
  readonly closed: number
  /** Strikes against well-behaved tenants. */
  readonly struck: number
  /** Processors that each party kept busy under attack. */
  readonly used: ReadonlyMap<Party, number>
}

/** What the ratio should not exceed. */
export const TARGET = 2

/** Writes the table as Markdown and the ratios as a plot. `about` says what each class does, `how` the length of a measure. */
export function writeReport(
  path: string,
  cells: readonly Cell[],
  machine: Machine,
  about: ReadonlyMap<string, string>,
  how: string,
): void {
  writeFileSync(`${path}.md`, markdown(cells, machine, about, how))
  writeFileSync(`${path}.svg`, plot(cells))
}

function markdown(cells: readonly Cell[], machine: Machine, about: ReadonlyMap<string, string>, how: string): string {
  const rows = cells.map(
    ({ attack, attackers, peace, p50, p99, ratio, lost, closed, struck }) =>
      `| ${attack} | ${attackers} | ${ms(peace)} | ${ms(p50)} | ${ms(p99)} | ${shownRatio(ratio)} | ${(p99 / peace).toFixed(2)} | ${lost} | ${closed} | ${struck} |`,
  )
  const classes = [...about].map(([name, text]) => `- **${name}**: ${text}`)
  return `# Blast radius

What 50 well-behaved tenants notice of tenants that attack beside them. Made by \`node bench/blast-radius.ts\` on ${machine.date}:
${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}. One worker, one serving sandbox host of untrusted tenants, all
tenants on one port told apart by host name, default limits. Everything, the clients of both sides included, runs on the same machine;
those of the attackers take what others leave of it.

Each well-behaved tenant is asked for by new connections in an open loop, no two alike, and has one relayed connection that says
something twenty times a second. Measured is the time from when a connection was due to the first byte of the upstream's answer.
${how} *Peace* is the 99th percentile without the attackers' clients, *ratio* that under attack, from its
first connection on, divided by that of the peace just before: the median of the turns, the least and the most. *Of all* is the same of
all requests of all turns together, in which a single stall of the machine is seen as well. *Lost* are requests without the right answer, *closed* relayed connections that ended or heard something wrong,
*struck* strikes against routers of well-behaved tenants.

${verdict(cells)}

![ratio of the 99th percentile by class of attack](blast-radius.svg)

| attack | tenants attacking | peace p99, ms | p50, ms | p99, ms | ratio | of all | lost | closed | struck |
|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

The classes:

${classes.join('\n')}
`
}

function verdict(cells: readonly Cell[]): string {
  const [worst] = cells.toSorted((a, b) => b.ratio.median - a.ratio.median)
  if (worst === undefined) return ''
  const over = cells.filter(({ ratio }) => ratio.median > TARGET).length
  const pooled = cells.filter(({ p99, peace }) => p99 / peace > TARGET).length
  return `Target: a ratio of at most ${TARGET}, nothing lost or closed. ${cells.length - over} of ${cells.length} ratios are; the worst is ${worst.ratio.median.toFixed(2)} (${worst.attack}, ${worst.attackers} attacking). Of all turns together, ${cells.length - pooled} are. Lost ${sum(cells, 'lost')}, closed ${sum(cells, 'closed')} in all.`
}

function plot(cells: readonly Cell[]): string {
  const rows = cells.map(({ attack, attackers, ratio }) => ({
    name: `${attack}, ${attackers} attacking`,
    spread: ratio,
    ours: ratio.median > TARGET,
  }))
  return barPlot({ title: 'p99 under attack, as a multiple of that in peace (coloured: more than 2)', rows })
}

export function shownRatio({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`
}

function ms(value: number): string {
  return value.toFixed(1)
}

function sum(cells: readonly Cell[], key: 'lost' | 'closed'): number {
  return cells.reduce((all, cell) => all + cell[key], 0)
}
