import { setTimeout as sleep } from 'node:timers/promises'
import { descriptorLimit } from '../../src/transport/descriptors.ts'
import { direct, interleaved, rowsOf, Server, startAll } from '../bench.ts'
import { ratios } from '../figures.ts'
import { type Column, type Findings, type Plan, Samples } from '../findings.ts'
import { machine, versions } from '../machine.ts'
import { cpuTime, memory, type Program, Programs } from '../programs.ts'
import { OURS, PEERS, type Peer } from '../proxies.ts'

const WANTED = 10_000
const FIRST = 1000
/** Descriptors of a proxy that are not connections. */
const RESERVED = 200
const SETTLE = 2000
/** Seconds in which all must have been opened. */
const OPENING = 60

const COLUMNS: readonly Column[] = [
  { name: 'memory, bytes a connection', plot: 'idle-memory.svg' },
  { name: 'memory of the whole, MiB' },
  { name: 'CPU while idle, ms/s' },
  { name: 'opened after the first thousand in, ms' },
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
      note(samples, program, await hold(program, { first: FIRST, count, settle: SETTLE, seconds: plan.seconds }))
    } finally {
      await programs.close()
    }
  })
  return findings(plan, samples, [...names], count)
}

/** How a crowd of connections is opened and watched. */
export interface Crowd {
  /** Opened before anything is counted: what a program allocates for the first of many is none of one connection's. */
  readonly first: number
  /** With those. */
  readonly count: number
  /** Milliseconds after the last answer, before anything is called idle: garbage is collected, time-outs are over. */
  readonly settle: number
  /** For which they are watched. */
  readonly seconds: number
}

/** Nothing of it is known of no proxy but how long opening took. */
export interface Held {
  readonly openedIn: number
  /** Microseconds, and bytes, for each. */
  readonly cpuToOpen: number
  readonly bytes: number
  /** Of all its processes, in bytes. */
  readonly whole: number
  /** Milliseconds in a second. */
  readonly cpuIdle: number
}

/** Opens a crowd of connections through a program, and ends it. */
export async function hold(program: Program, { first, count, settle, seconds }: Crowd): Promise<Held> {
  await using _first = await Server.start('load/idle-client.ts', [program.port, first], OPENING)
  await sleep(settle)
  const before = { memory: memory(program), cpu: cpuTime(program) }
  await using rest = await Server.start('load/idle-client.ts', [program.port, count - first], OPENING)
  const opened = cpuTime(program)
  await sleep(settle)
  const settled = cpuTime(program)
  await sleep(seconds * 1000)
  const whole = memory(program)
  return {
    openedIn: Number(rest.said),
    cpuToOpen: (opened - before.cpu) / (count - first),
    bytes: (whole - before.memory) / (count - first),
    whole,
    cpuIdle: (cpuTime(program) - settled) / 1000 / seconds,
  }
}

function note(samples: Samples, { name, pids }: Program, held: Held): void {
  samples.add(name, OPENED, held.openedIn)
  if (pids().length === 0) return
  samples.add(name, CPU, held.cpuToOpen)
  samples.add(name, IDLE, held.cpuIdle)
  samples.add(name, WHOLE, held.whole / 1024 / 1024)
  samples.add(name, MEMORY, held.bytes)
}

function findings(plan: Plan, samples: Samples, names: readonly string[], count: number): Findings {
  return {
    group: 'idle',
    title: 'Idle connections',
    about: `${count.toLocaleString('en-US')} relayed connections that have said something once and then nothing (a proxy has two descriptors
for each, and a process here no more than ${descriptorLimit().toLocaleString('en-US')}). Memory is that of all processes, pages that they share counted once
(PSS), and what all beyond the first ${FIRST.toLocaleString('en-US')} added, divided by them; the kernel's memory for sockets is not in it, and the same for all. Each round has a fresh proxy. Clients and servers are other processes.`,
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
