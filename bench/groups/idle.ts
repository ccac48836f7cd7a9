import { setTimeout as sleep } from 'node:timers/promises'
import { descriptorLimit } from '../../src/transport/descriptors.ts'
import { direct, interleaved, rowsOf, Server, startAll } from '../bench.ts'
import { ratios } from '../figures.ts'
import { type Column, type Findings, type Plan, Samples } from '../findings.ts'
import { machine, versions } from '../machine.ts'
import { cpuTime, memory, type Program, Programs } from '../programs.ts'
import { OURS, PEERS, type Peer } from '../proxies.ts'

const WANTED = 10_000
/** Descriptors of a proxy that are not connections. */
const RESERVED = 200
/** Milliseconds after the last answer, before anything is called idle: garbage is collected, time-outs are over. */
const SETTLE = 3000
/** Seconds in which all must have been opened. */
const OPENING = 60

const COLUMNS: readonly Column[] = [
  { name: 'memory, bytes a connection', plot: 'idle-memory.svg' },
  { name: 'memory of the whole, MiB' },
  { name: 'CPU while idle, ms/s' },
  { name: 'opened in, ms' },
  { name: 'CPU to open, µs a connection' },
]
const [MEMORY, WHOLE, IDLE, OPENED, CPU] = COLUMNS.map(({ name }) => name) as [string, string, string, string, string]

/** Relayed connections that say nothing: what they hold, what they cost, and what opening them costs. */
export async function idle(plan: Plan): Promise<Findings> {
  const count = Math.min(WANTED, Math.floor((descriptorLimit() - RESERVED) / 2))
  const samples = new Samples()
  await using server = await Server.start('load/idle-server.ts')
  const proxies: (Peer | undefined)[] = [undefined, PEERS.stream, PEERS.haproxy, PEERS.node, OURS.net, OURS.ours]
  const names = new Set<string>()
  await interleaved(proxies, plan, `${count} idle connections`, async (proxy) => {
    // a fresh one for each round: what an earlier crowd left behind would not be counted
    const programs = new Programs()
    try {
      const [program] =
        proxy === undefined ? [direct(server.port)] : await startAll(programs, [proxy], server.port, plan)
      if (program === undefined) return
      names.add(program.name)
      await measure(samples, program, count, plan.seconds)
    } finally {
      await programs.close()
    }
  })
  return findings(plan, samples, [...names], count)
}

async function measure(samples: Samples, program: Program, count: number, seconds: number): Promise<void> {
  const { name } = program
  const before = { memory: memory(program), cpu: cpuTime(program) }
  await using clients = await Server.start('load/idle-client.ts', [program.port, count], OPENING)
  samples.add(name, OPENED, Number(clients.said))
  const opened = cpuTime(program)
  await sleep(SETTLE)
  const settled = cpuTime(program)
  await sleep(seconds * 1000)
  if (program.pids().length === 0) return
  samples.add(name, CPU, (opened - before.cpu) / count)
  samples.add(name, IDLE, (cpuTime(program) - settled) / 1000 / seconds)
  const now = memory(program)
  samples.add(name, WHOLE, now / 1024 / 1024)
  samples.add(name, MEMORY, (now - before.memory) / count)
}

function findings(plan: Plan, samples: Samples, names: readonly string[], count: number): Findings {
  return {
    group: 'idle',
    title: 'Idle connections',
    about: `${count.toLocaleString('en-US')} relayed connections that have said something once and then nothing (a proxy has two descriptors
for each, and a process here no more than ${descriptorLimit().toLocaleString('en-US')}). Memory is that of all processes, pages that they share counted once
(PSS); the kernel's memory for sockets is not in it, and the same for all. Each round has a fresh proxy. Clients and servers are other processes.`,
    rounds: plan.rounds,
    seconds: plan.seconds,
    machine: machine(),
    versions: versions(),
    tables: [
      { title: 'Memory, CPU and opening', columns: COLUMNS, rows: rowsOf(samples, COLUMNS, names, [OURS.ours.name]) },
    ],
    ratios: {
      'memory per idle connection': ratios(samples.of(OURS.ours.name, MEMORY), samples.of(PEERS.stream.name, MEMORY)),
    },
  }
}
