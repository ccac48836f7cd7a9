import { direct, interleaved, onLoadCore, rowsOf, startAll } from '../bench.ts'
import { ratios } from '../figures.ts'
import { type Column, type Findings, type Plan, Samples, type Table } from '../findings.ts'
import type { Seen } from '../load/open-loop.ts'
import { connectionCost } from '../load/wrk.ts'
import { LOAD_CORE, machine, versions } from '../machine.ts'
import { type Program, Programs } from '../programs.ts'
import { OURS, origin, PEERS } from '../proxies.ts'

/** Seconds of load before the first round: until V8 has compiled what is hot, which goes on for some 50,000 connections. */
const WARM_UP = { jit: 12, other: 1 }
/** Connections a second that are opened whether or not earlier ones were answered. */
const RATES = [1000, 4000]
/** Of those, whatever rounds there are of the other measurements. */
const MOST_ROUNDS = 3
/** They are longer: of a thousand a second, one in a thousand is few. */
const LONGER = 1.5
const ALIKE = ', 90 % alike'
const COST: readonly Column[] = [
  { name: 'CPU, µs a connection', plot: 'connections-cpu.svg' },
  { name: '× nginx with njs' },
  { name: 'connections a second at most' },
  { name: 'failed, %' },
]
const [CPU, TO_NJS, MOST, FAILED] = COST.map(({ name }) => name) as [string, string, string, string]

const ABOUT = `One connection a request: a client connects, sends a request of HTTP, gets a short answer, and all three close. The proxy
decides by the first bytes. CPU time is user and system time of **all** processes of a proxy (of Pointsman: supervisor, worker and sandbox
hosts) divided by the connections; it is measured at the most that 32 clients at once can do (\`wrk\`), as is the rate. *All different* means that
no two requests begin with the same bytes, *90 % alike* that nine of ten do: Pointsman remembers what was decided about the same. *Without its
sandbox* is Pointsman's own worker with the same answer to every question, given in the worker: what it lacks is what the wall costs. *Two
workers* share the one core: they are linear where more cores are as far as a connection costs no more than with one. *Failed*
are connections without the right answer (Debian 12's sslh-select closes some when several begin at once); cost and rate are of the others.`

const LATENCY_ABOUT = `Connections are opened at a fixed rate, however long earlier ones take; a time is counted from when a connection was
*due* until the first byte of its answer (so none is hidden by a proxy that stands still). There are ${MOST_ROUNDS} rounds at most, each
half as long again as those above. The generator shares its core with what stands behind the proxies; how late it was itself, at the 99th
percentile, and how busy, is said for each row: where its lateness comes near a figure, or it is busy all the time, the figure is its own.`

/** Routed short connections: what they cost, and how long they take. */
export async function connections(plan: Plan): Promise<Findings> {
  const programs = new Programs()
  const cost = new Samples()
  const latency = new Samples()
  try {
    const behind = await programs.proxy(origin('bench'), 0, LOAD_CORE)
    const proxies = await startAll(programs, [...Object.values(PEERS_HERE), ...Object.values(OURS)], behind.port, plan)
    const all = [direct(behind.port), ...proxies]
    for (const proxy of all) await warm(proxy, plan)
    const again = proxies.filter(({ name }) => name === PEERS.njs.name || name === OURS.ours.name)
    const measured = [
      ...all.map((program) => ({ program, alike: 0 })),
      ...again.map((program) => ({ program, alike: 9 })),
    ]
    await interleaved(measured, plan, 'cost of connections', async ({ program, alike }) => {
      const name = alike === 0 ? program.name : `${program.name}${ALIKE}`
      const { cpuMicroseconds, perSecond, failed } = await connectionCost(program, plan.seconds, alike)
      if (program.pids().length > 0) cost.add(name, CPU, cpuMicroseconds)
      cost.add(name, MOST, perSecond)
      cost.add(name, FAILED, failed * 100)
    })
    const timed = all.filter(({ name }) => TIMED.includes(name))
    for (const rate of RATES)
      await interleaved(
        timed,
        { ...plan, rounds: Math.min(plan.rounds, MOST_ROUNDS) },
        `${rate} connections a second`,
        async (program) => note(latency, program, rate, await openLoop(program, rate, plan.seconds * LONGER)),
      )
    return findings(
      plan,
      cost,
      latency,
      all.map(({ name }) => name),
    )
  } finally {
    await programs.close()
  }
}

/** Those whose settings are about bulk have no part. */
const PEERS_HERE = {
  stream: PEERS.stream,
  njs: PEERS.njs,
  njsHalfClose: PEERS.njsHalfClose,
  haproxy: PEERS.haproxy,
  haproxyLua: PEERS.haproxyLua,
  sslh: PEERS.sslh,
  sniproxy: PEERS.sniproxy,
  node: PEERS.node,
}
const TIMED: readonly string[] = [
  'no proxy',
  PEERS.stream.name,
  PEERS.njs.name,
  PEERS.haproxy.name,
  PEERS.node.name,
  OURS.constant.name,
  OURS.ours.name,
]
const ALL_OURS: readonly string[] = [OURS.ours.name, `${OURS.ours.name}${ALIKE}`]

async function warm(program: Program, { seconds, progress }: Plan): Promise<void> {
  const isJit = [...Object.values(OURS), PEERS.node].some(({ name }) => name === program.name)
  progress(`warming up: ${program.name}`)
  await connectionCost(program, Math.max(isJit ? WARM_UP.jit : WARM_UP.other, seconds), 0)
}

async function openLoop(program: Program, rate: number, seconds: number): Promise<Seen> {
  // ten seconds on top: for its start, and for what is not answered
  return JSON.parse(await onLoadCore('load/open-loop.ts', [program.port, rate, seconds], seconds + 15))
}

function note(latency: Samples, { name }: Program, rate: number, seen: Seen): void {
  const row = rowAt(rate, name)
  for (const [column, value] of Object.entries(latencyCells(seen))) latency.add(row, column, value)
}

function latencyCells({ p50, p99, p999, late, busy, failed, answered }: Seen): Record<string, number> {
  return {
    'p50, µs': p50,
    'p99, µs': p99,
    'p99.9, µs': p999,
    'failed, %': (failed / (failed + answered)) * 100,
    'generator late, p99, µs': late,
    'generator busy, %': busy * 100,
  }
}

function rowAt(rate: number, name: string): string {
  return `${rate} ${name}`
}

function findings(plan: Plan, cost: Samples, latency: Samples, names: readonly string[]): Findings {
  const njs = cost.of(PEERS.njs.name, CPU)
  const rows = rowsOf(cost, COST, [...names, ...[PEERS.njs.name, OURS.ours.name].map((name) => name + ALIKE)], ALL_OURS)
  const related = rows.map(({ cells, ...row }) => {
    const values = cost.of(row.name, CPU)
    const own = row.name.endsWith(ALIKE) ? cost.of(PEERS.njs.name + ALIKE, CPU) : njs
    const ratio = values.length === 0 || own.length === 0 ? null : ratios(values, own)
    return { ...row, cells: cells.map((cell, at) => (COST[at]?.name === TO_NJS ? ratio : cell)) }
  })
  return {
    group: 'connections',
    title: 'Routed short connections',
    about: ABOUT,
    rounds: plan.rounds,
    seconds: plan.seconds,
    machine: machine(),
    versions: versions(),
    tables: [{ title: 'Cost', columns: COST, rows: related }, ...RATES.map((rate) => latencyTable(latency, rate))],
    ratios: {
      'connection, all different': ratios(cost.of(OURS.ours.name, CPU), njs),
      'connection, 90 % alike': ratios(cost.of(OURS.ours.name + ALIKE, CPU), cost.of(PEERS.njs.name + ALIKE, CPU)),
      'connection, without the sandbox': ratios(cost.of(OURS.constant.name, CPU), njs),
      'connection, two workers against one': ratios(cost.of(OURS.twoWorkers.name, CPU), cost.of(OURS.ours.name, CPU)),
    },
  }
}

function latencyTable(latency: Samples, rate: number): Table {
  const columns: Column[] = Object.keys(
    latencyCells({ p50: 0, p99: 0, p999: 0, late: 0, busy: 0, failed: 0, answered: 1 }),
  ).map((name) => (name.startsWith('p99,') ? { name, plot: `connections-p99-at-${rate}.svg` } : { name }))
  const rows = rowsOf(
    latency,
    columns,
    TIMED.map((name) => rowAt(rate, name)),
    [rowAt(rate, OURS.ours.name)],
  )
  return {
    title: `Time to the first byte at ${rate.toLocaleString('en-US')} connections a second`,
    ...(rate === RATES[0] && { note: LATENCY_ABOUT }),
    columns,
    rows: rows.map((row) => ({ ...row, name: row.name.slice(rowAt(rate, '').length) })),
  }
}
