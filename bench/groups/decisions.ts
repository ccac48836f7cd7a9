import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rowsOf } from '../bench.ts'
import { spreadOf } from '../figures.ts'
import { type Column, type Findings, type Plan, Samples } from '../findings.ts'
import type { DecisionTimes } from '../load/decisions.ts'
import { machine, PROXY_CORE, versions } from '../machine.ts'

const PROGRAM = fileURLToPath(new URL('../load/decisions.ts', import.meta.url))
const FLAGS = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']
/** Seconds for starting hosts and loading a thousand routers. */
const START = 240

/** Questions a second, however long earlier ones take. */
const LOAD = 2000
/** MiB of a host's memory: the default, and enough for a thousand routers at once. */
const MEMORY = { usual: 512, ample: 2048 }

const COLUMNS: readonly Column[] = [
  { name: 'one at a time: p50, µs', plot: 'decisions-p50.svg' },
  { name: 'one at a time: p99, µs' },
  { name: `${LOAD} a second: p50, µs` },
  { name: `${LOAD} a second: p99, µs` },
]
interface Case {
  readonly name: string
  readonly routers: number
  readonly cordon?: 'operator' | 'untrusted'
  readonly memory?: number
  readonly perSecond?: number
  readonly pinned?: true
}
const ALONE: Case = { name: '1 router', routers: 1 }
const CASES: readonly Case[] = [
  ALONE,
  { name: '100 routers', routers: 100 },
  { name: '1,000 routers, a host with 2 GiB', routers: 1000, memory: MEMORY.ample },
  { name: '1,000 routers, a host with 512 MiB', routers: 1000, perSecond: 0 },
  { name: '1 router of an untrusted tenant', routers: 1, cordon: 'untrusted' },
  { name: '1 router, worker and host on one core', routers: 1, pinned: true },
]

const ABOUT = `From asking the sandbox to the parsed answer, as a worker does it, without any connection: what a decision adds. *One at a time*
leaves a millisecond between an answer and the next question, so that worker and host have gone to sleep; *${LOAD} a second* are asked at fixed
times, however long earlier ones take, and timed from then. Routers are asked in turn, each about bytes that nobody asked about before. A
thousand do not fit in a host's memory by default: asked in turn, as no real crowd of tenants would be, each is loaded again for its
question. An untrusted tenant's host compiles nothing to machine code.`

/** The latency of decisions alone. */
export async function decisions(plan: Plan): Promise<Findings> {
  const samples = new Samples()
  for (const one of CASES) {
    const { name } = one
    plan.progress(name)
    const { unloaded, loaded } = await run(one, plan)
    const [first, second, third, fourth] = COLUMNS.map((column) => column.name)
    for (const [column, values] of [
      [first, unloaded.p50],
      [second, unloaded.p99],
      [third, loaded.p50],
      [fourth, loaded.p99],
    ] as const)
      for (const value of values) samples.add(name, column ?? '', value)
  }
  const names = CASES.map(({ name }) => name)
  return {
    group: 'decisions',
    title: 'Decisions alone',
    about: ABOUT,
    rounds: plan.rounds,
    seconds: plan.seconds,
    machine: machine(),
    versions: versions(),
    tables: [{ title: 'Latency', columns: COLUMNS, rows: rowsOf(samples, COLUMNS, names, [ALONE.name]) }],
    ratios: {
      'decision p50': spreadOf(samples.of(ALONE.name, COLUMNS[0]?.name ?? '')),
      'decision p99': spreadOf(samples.of(ALONE.name, COLUMNS[1]?.name ?? '')),
    },
  }
}

async function run(
  { routers, cordon = 'operator', memory = MEMORY.usual, perSecond = LOAD, pinned }: Case,
  { rounds, seconds }: Plan,
): Promise<DecisionTimes> {
  const words = [routers, cordon, memory, perSecond, rounds, seconds].map(String)
  const command = [process.execPath, ...FLAGS, PROGRAM, ...words]
  const [program = '', ...rest] = pinned ? ['taskset', '-c', String(PROXY_CORE), ...command] : command
  const timeout = (START + rounds * (2 * seconds + 5)) * 1000
  // asked to end, it takes its hosts along
  const { stdout } = await promisify(execFile)(program, rest, { timeout, killSignal: 'SIGTERM' })
  return JSON.parse(stdout)
}
