import type { Spread } from './figures.ts'
import type { Machine } from './machine.ts'

/** The five groups of figures; each has a command of its own. */
export const GROUPS = ['connections', 'relayed', 'idle', 'decisions', 'changes'] as const
export type GroupName = (typeof GROUPS)[number]

/** How long and how often a group measures. */
export interface Plan {
  readonly rounds: number
  /** Of one measurement. */
  readonly seconds: number
  /** Parts of names: only proxies that have one of them are measured. Empty takes all. */
  readonly only: readonly string[]
  /** Told of what is being done. */
  readonly progress: (what: string) => void
}

/** What one group found; plain JSON. */
export interface Findings {
  readonly group: GroupName
  readonly title: string
  /** How it was measured, for a reader. Markdown. */
  readonly about: string
  readonly rounds: number
  /** 0 where nothing is measured for a time. */
  readonly seconds: number
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly tables: readonly Table[]
  /** What the targets are about, by the names that `targets.ts` has. */
  readonly ratios: Readonly<Record<string, Spread>>
}

export interface Table {
  readonly title: string
  /** Under the table. Markdown. */
  readonly note?: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

export interface Column {
  /** With its unit: `CPU, µs`. */
  readonly name: string
  /** It has a plot of its own, by that file name under `docs/benchmarks/`. */
  readonly plot?: string
}

export interface Row {
  readonly name: string
  /** Drawn so that it stands out. */
  readonly ours?: boolean
  /** As many as columns; `null` where there is nothing to be said. */
  readonly cells: readonly (Spread | null)[]
}

/** Values of several rounds, by what was measured and by column. */
export class Samples {
  readonly #values = new Map<string, Map<string, number[]>>()

  add(row: string, column: string, value: number): void {
    const columns = this.#values.get(row) ?? new Map<string, number[]>()
    this.#values.set(row, columns)
    const values = columns.get(column) ?? []
    columns.set(column, values)
    values.push(value)
  }

  /** In the order of rounds; empty when there are none. */
  of(row: string, column: string): readonly number[] {
    return this.#values.get(row)?.get(column) ?? []
  }
}
