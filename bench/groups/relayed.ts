import { direct, interleaved, onLoadCore, rowsOf, Server, startAll } from '../bench.ts'
import { quantile, ratios } from '../figures.ts'
import { type Column, type Findings, type Plan, Samples } from '../findings.ts'
import type { Bulk, Trips } from '../load/relayed-client.ts'
import { machine, versions } from '../machine.ts'
import { cpuTime, type Program, Programs } from '../programs.ts'
import { OURS, PEERS } from '../proxies.ts'

const MiB = 1_048_576
const GiB = 1024 * MiB
const MESSAGE = 64
const MANY = 64
/** Rounds of messages for each of bulk, of half its time: how soon who sleeps is woken changes more often than how fast bytes are moved. */
const MESSAGE_ROUNDS = 2
/** Seconds of bulk and of messages before the first round. */
const WARM_UP = 2

const BULK: readonly Column[] = [
  { name: '1 connection, MiB/s', plot: 'relayed-throughput.svg' },
  { name: '1 connection, CPU ms/GiB', plot: 'relayed-cpu.svg' },
  { name: `${MANY} connections, MiB/s` },
  { name: `${MANY} connections, CPU ms/GiB` },
]
const TRIP: readonly Column[] = [
  { name: 'p50, µs' },
  { name: 'p99, µs' },
  { name: 'p50 added to no proxy, µs', plot: 'relayed-latency.svg' },
  { name: 'p99 added, µs' },
]
const ABOUT = `Bytes from the server to the client as fast as they come, through one connection and through ${MANY} at once; and messages of ${MESSAGE}
bytes, each sent when the one before has come back. Client and server take as little of their core as they can (the same cached bytes are
sent again and again, and thrown away unread); what they can do without a proxy is the first row. Past about 3 GiB a second it is they that limit, and
CPU time a GiB tells more. nginx and HAProxy move bulk much faster with larger buffers than their own 16 KiB,
which cost memory for each connection: they are measured with both, and with HAProxy's \`splice\`, as its heuristics take it (*auto*) and
wherever it can, with a larger pipe. How much faster Pointsman is than that depends on the system's congestion control: above. It has one
setting for all. Messages go in twice as many rounds of half the time.`

/** Relayed connections: throughput, and the latency of small messages. */
export async function relayed(plan: Plan): Promise<Findings> {
  const programs = new Programs()
  const samples = new Samples()
  try {
    await using server = await Server.start('load/relayed-server.ts')
    const proxies = await startAll(programs, [...RELAYS, OURS.net, OURS.ours], server.port, plan)
    const all = [direct(server.port), ...proxies]
    for (const program of all) {
      plan.progress(`warming up: ${program.name}`)
      await bulk(program, 1, WARM_UP)
      await trips(program, WARM_UP)
    }
    const ordered = inOrder(all)
    await interleaved(ordered, plan, 'bulk', (program) => measureBulk(samples, program, plan.seconds))
    const often = { ...plan, rounds: MESSAGE_ROUNDS * plan.rounds }
    await interleaved(ordered, often, 'messages', (program) => measureTrips(samples, program, plan.seconds / 2))
    added(samples, all)
    return findings(
      plan,
      samples,
      all.map(({ name }) => name),
    )
  } finally {
    await programs.close()
  }
}

const HAPROXIES = [PEERS.haproxy, PEERS.haproxyBulk, PEERS.haproxyAuto, PEERS.haproxySplice]
const RELAYS = [PEERS.stream, PEERS.streamBulk, ...HAPROXIES, PEERS.node]

/** Ours between those that it is compared with: a machine's mood may change within seconds. */
function inOrder(all: readonly Program[]): Program[] {
  const last = [PEERS.haproxySplice, OURS.ours, PEERS.stream].map(({ name }) => name)
  return all.toSorted((a, b) => last.indexOf(a.name) - last.indexOf(b.name))
}

async function measureBulk(samples: Samples, program: Program, seconds: number): Promise<void> {
  const one = await bulk(program, 1, seconds)
  const many = await bulk(program, MANY, seconds)
  for (const [connections, { mebibytesPerSecond, cpuPerGiB }] of [
    ['1 connection', one],
    [`${MANY} connections`, many],
  ] as const) {
    samples.add(program.name, `${connections}, MiB/s`, mebibytesPerSecond)
    if (program.pids().length > 0) samples.add(program.name, `${connections}, CPU ms/GiB`, cpuPerGiB)
  }
}

async function measureTrips(samples: Samples, program: Program, seconds: number): Promise<void> {
  const { p50, p99 } = await trips(program, seconds)
  samples.add(program.name, 'p50, µs', p50)
  samples.add(program.name, 'p99, µs', p99)
}

/** As much as goes through so many connections at once. CPU is milliseconds of the program for each GiB. */
export async function bulk(
  program: Program,
  connections: number,
  seconds: number,
): Promise<{ mebibytesPerSecond: number; cpuPerGiB: number }> {
  const before = cpuTime(program)
  const { bytes, milliseconds, allBytes } = await client<Bulk>('bulk', program, connections, seconds)
  return {
    mebibytesPerSecond: bytes / MiB / (milliseconds / 1000),
    cpuPerGiB: (cpuTime(program) - before) / 1000 / (allBytes / GiB),
  }
}

/** Small messages through one connection, there and back. */
export function trips(program: Program, seconds: number): Promise<Trips> {
  return client<Trips>('trips', program, MESSAGE, seconds)
}

/** What a proxy adds to what the same round saw without one. */
function added(samples: Samples, [none, ...proxies]: readonly Program[]): void {
  for (const { name } of proxies)
    for (const share of ['p50', 'p99']) {
      const without = samples.of(none?.name ?? '', `${share}, µs`)
      const column = share === 'p50' ? 'p50 added to no proxy, µs' : 'p99 added, µs'
      for (const [round, value] of samples.of(name, `${share}, µs`).entries())
        samples.add(name, column, value - (without[round] ?? Number.NaN))
    }
}

async function client<T extends Bulk | Trips>(
  what: 'bulk' | 'trips',
  { port }: Program,
  amount: number,
  seconds: number,
): Promise<T> {
  return JSON.parse(await onLoadCore('load/relayed-client.ts', [what, port, amount, seconds], seconds + 30))
}

function findings(plan: Plan, samples: Samples, names: readonly string[]): Findings {
  const ours = [OURS.ours.name]
  const throughput = (name: string) => samples.of(name, '1 connection, MiB/s')
  const byThroughput = HAPROXIES.map(({ name }) => ({ name, median: quantile(throughput(name), 0.5) }))
  const best = byThroughput.toSorted((a, b) => b.median - a.median)[0]?.name ?? ''
  const latency = (name: string) => samples.of(name, 'p50 added to no proxy, µs')
  return {
    group: 'relayed',
    title: 'Relayed connections',
    about: ABOUT,
    rounds: plan.rounds,
    seconds: plan.seconds,
    machine: machine(),
    versions: versions(),
    tables: [
      { title: 'Bulk', columns: BULK, rows: rowsOf(samples, BULK, names, ours) },
      { title: `Round trips of ${MESSAGE} bytes`, columns: TRIP, rows: rowsOf(samples, TRIP, names, ours) },
    ],
    ratios: {
      'throughput against HAProxy': ratios(throughput(ours[0] ?? ''), throughput(PEERS.haproxy.name)),
      'throughput against HAProxy’s best': ratios(throughput(ours[0] ?? ''), throughput(best)),
      'latency added': ratios(latency(ours[0] ?? ''), latency(PEERS.stream.name)),
    },
  }
}
