import { readdirSync, readFileSync } from 'node:fs'
import { commandLine, type Pointsman } from '../../kit/pointsman.ts'
import { until } from '../../kit/wait.ts'
import { MIB, openDescriptors, residentBytes } from '../proc.ts'
import { Inspected, type InUse } from './inspected.ts'

interface Counts {
  readonly processes: number
  readonly threads: number
  readonly descriptors: number
}

/** What one process holds, or all of a kind. */
export interface Holding extends Counts {
  /** Resident, in MiB. */
  readonly resident: number
  /** In use once all garbage was collected, in MiB; of Node processes that can be asked. */
  readonly heap: number | undefined
  readonly external: number | undefined
}

export const KINDS = ['supervisor', 'compiler', 'worker', 'host', 'esbuild', 'other'] as const
export type Kind = (typeof KINDS)[number]
/** A reading of the whole program at rest. */
export type Reading = Readonly<Record<Kind, Holding>>

const PATIENCE = 600_000

/** Reads what the program's processes hold when it has nothing to do. */
export class Holdings {
  readonly #pointsman: Pointsman
  readonly #inspected = new Map<number, Inspected>()

  constructor(pointsman: Pointsman) {
    this.#pointsman = pointsman
  }

  /** Waits `least` seconds, and until nothing has changed for `quiet` seconds. */
  async atRest({ least, quiet }: { least: number; quiet: number }): Promise<Reading> {
    const started = performance.now()
    await this.#inUse() // a process that is asked for the first time opens a descriptor and a thread for it
    let last = ''
    let since = performance.now()
    await until(
      'the program to come to rest',
      () => {
        const now = JSON.stringify(this.#allCounts())
        const time = performance.now()
        if (now !== last) since = time
        last = now
        return time - started > least * 1000 && time - since > quiet * 1000 ? true : undefined
      },
      () => this.#allCounts(),
      PATIENCE,
    )
    const counts = this.#allCounts() // before it is asked once more: being asked is a connection, which ends when it likes
    return this.#read(counts, await this.#inUse())
  }

  #read(counts: Readonly<Record<Kind, Counts>>, inUse: ReadonlyMap<Kind, InUse>): Reading {
    const read = (kind: Kind): Holding => {
      const memory = inUse.get(kind)
      return {
        ...counts[kind],
        resident: sum(this.#pids(kind), residentBytes) / MIB,
        heap: memory && memory.heap / MIB,
        external: memory && memory.external / MIB,
      }
    }
    return {
      supervisor: read('supervisor'),
      compiler: read('compiler'),
      worker: read('worker'),
      host: read('host'),
      esbuild: read('esbuild'),
      other: read('other'),
    }
  }

  #allCounts(): Record<Kind, Counts> {
    const of = (kind: Kind) => countsOf(this.#pids(kind))
    return {
      supervisor: of('supervisor'),
      compiler: of('compiler'),
      worker: of('worker'),
      host: of('host'),
      esbuild: of('esbuild'),
      other: of('other'),
    }
  }

  /** Of supervisor, compiler and workers: sandbox hosts have no environment, and cannot be asked. */
  async #inUse(): Promise<Map<Kind, InUse>> {
    const sums = new Map<Kind, InUse>()
    for (const kind of ['supervisor', 'compiler', 'worker'] as const) {
      let [heap, external] = [0, 0]
      for (const pid of this.#pids(kind)) {
        const inspected = this.#inspected.get(pid) ?? new Inspected(pid, () => this.#pointsman.stderr)
        this.#inspected.set(pid, inspected)
        const one = await inspected.inUse()
        heap += one.heap
        external += one.external
      }
      sums.set(kind, { heap, external })
    }
    return sums
  }

  #pids(kind: Kind): number[] {
    const { pid, workerPids } = this.#pointsman
    if (kind === 'supervisor') return [pid]
    if (kind === 'worker') return workerPids
    return descendants(pid).filter((each) => each !== pid && !workerPids.includes(each) && kindOf(each) === kind)
  }
}

function kindOf(pid: number): Kind {
  const line = commandLine(pid)
  if (line.includes('host.cjs')) return 'host'
  if (line.startsWith('pointsman compiler')) return 'compiler'
  return line.includes('esbuild') ? 'esbuild' : 'other'
}

function countsOf(pids: readonly number[]): Counts {
  return {
    processes: pids.length,
    threads: sum(pids, (pid) => readdirSync(`/proc/${pid}/task`).length),
    descriptors: sum(pids, openDescriptors),
  }
}

function descendants(pid: number): number[] {
  const children: number[] = []
  orGone(() => {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
    children.push(...text.split(' ').filter(Boolean).map(Number))
    return children.length
  })
  return [pid, ...children.flatMap(descendants)]
}

function sum(pids: readonly number[], value: (pid: number) => number): number {
  return pids.reduce((all, pid) => all + orGone(() => value(pid)), 0)
}

/** A process may end while it is looked at, and a host that has changed its user does not show its descriptors to all. */
function orGone(value: () => number): number {
  try {
    return value()
  } catch {
    return 0
  }
}

/** A table of readings, a line for each kind of process. */
export function table(readings: ReadonlyMap<string, Reading>): string[] {
  const number = (value: number | undefined) =>
    value === undefined ? '–' : Number.isInteger(value) ? String(value) : value.toFixed(1)
  const cells = (pick: (holding: Holding) => number | undefined, kind: Kind) =>
    [...readings.values()].map((reading) => number(pick(reading[kind]))).join(' → ')
  const columns = ['processes', 'threads', 'descriptors', 'resident', 'heap', 'external'] as const
  const rows = KINDS.map((kind) => [kind, ...columns.map((column) => cells((holding) => holding[column], kind))])
  const all = [['', 'processes', 'threads', 'descriptors', 'resident MiB', 'heap in use', 'external'], ...rows]
  const widths = all[0]?.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0))) ?? []
  return [
    [...readings.keys()].join(' → '),
    ...all.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')),
  ]
}
