import { rowsOf, Server, startAll } from '../bench.ts'
import { spreadOf } from '../figures.ts'
import { type Column, type Findings, type Plan, type Row, Samples } from '../findings.ts'
import { deaths } from '../load/deaths.ts'
import { type Reloadable, reloadable } from '../load/reloads.ts'
import { LOAD_CORE, machine, versions } from '../machine.ts'
import { Programs } from '../programs.ts'
import { OURS, origin, oursWith, PEERS, type Peer } from '../proxies.ts'

/** Of each round. */
const SAVES = 4
const KILLS = 2
const SAVED: readonly Column[] = [{ name: 'until the new version answers, ms', plot: 'changes-save.svg' }]
const STARTED: readonly Column[] = [{ name: 'until the first connection is answered, ms', plot: 'changes-start.svg' }]
const DIED: readonly Column[] = [
  { name: 'a connection before, µs' },
  { name: 'the first one after it, µs' },
  { name: 'connections until then that got none' },
  { name: 'relayed connections that it closed, %' },
]

const ABOUT = `What a change costs, and what a death. *A save*: a router's file is replaced by one that goes elsewhere, and connections are opened one after
the other until one is answered from there: compiled, type-checked, loaded, tried and swapped. Beside it nginx, whose script is replaced and
which is told to reload: nothing checks the script's types, and its old worker lives on until its last connection ends. *A start*: from
starting the program until a connection is answered. *A death*: the sandbox host that decides is killed (SIGKILL), a connection opened at once, and
timed to the first byte of its answer; beside it nginx, where the script runs in the worker itself, with 20 connections relayed meanwhile.
Nothing is pinned to a core here, but for the measuring program.`

/** From a save to service, from a start to the first connection, and past the death of a sandbox host. */
export async function changes(plan: Plan): Promise<Findings> {
  const samples = new Samples()
  await saves(samples, plan)
  await starts(samples, plan)
  await kills(samples, plan)
  const named = (columns: readonly Column[], proxies: readonly Peer[]): Row[] =>
    rowsOf(
      samples,
      columns,
      proxies.map(({ name }) => name),
      [OURS.ours.name],
    )
  const saved = samples.of(OURS.ours.name, SAVED[0]?.name ?? '')
  return {
    group: 'changes',
    title: 'Changes and deaths',
    about: ABOUT,
    rounds: plan.rounds,
    seconds: 0,
    machine: machine(),
    versions: versions(),
    tables: [
      { title: 'From a save to service', columns: SAVED, rows: named(SAVED, [PEERS.njs, OURS.ours]) },
      { title: 'From a start to the first connection', columns: STARTED, rows: named(STARTED, STARTING) },
      { title: 'The death of what decides', columns: DIED, rows: named(DIED, [PEERS.njs, OURS.ours]) },
    ],
    ratios: { 'save to service, ms': spreadOf(saved) },
  }
}

const STARTING = [PEERS.njs, PEERS.haproxy, PEERS.haproxyLua, PEERS.node, OURS.ours]

async function saves(samples: Samples, plan: Plan): Promise<void> {
  const programs = new Programs()
  try {
    const origins = [
      await programs.proxy(origin('one'), 0, LOAD_CORE),
      await programs.proxy(origin('two'), 0, LOAD_CORE),
    ].map(({ port }) => port)
    const programsOf = await startAll(programs, [PEERS.njs, OURS.ours], origins[0] ?? 0, plan, 'anywhere')
    const all: Reloadable[] = programsOf.map((program) => reloadable(program, origins))
    for (const one of all) await one.change()
    for (let round = 0; round < plan.rounds; round++) {
      plan.progress(`saves, round ${round + 1} of ${plan.rounds}`)
      for (const one of round % 2 === 0 ? all : all.toReversed())
        for (let save = 0; save < SAVES; save++) samples.add(one.name, SAVED[0]?.name ?? '', await one.change())
    }
  } finally {
    await programs.close()
  }
}

async function starts(samples: Samples, plan: Plan): Promise<void> {
  await using server = await Server.start('load/idle-server.ts')
  for (let round = 0; round < plan.rounds; round++) {
    plan.progress(`starts, round ${round + 1} of ${plan.rounds}`)
    for (const proxy of round % 2 === 0 ? STARTING : STARTING.toReversed()) {
      const programs = new Programs()
      try {
        const [program] = await startAll(programs, [proxy], server.port, plan, 'anywhere')
        if (program !== undefined) samples.add(proxy.name, STARTED[0]?.name ?? '', program.startTime)
      } finally {
        await programs.close()
      }
    }
  }
}

async function kills(samples: Samples, plan: Plan): Promise<void> {
  await using server = await Server.start('load/idle-server.ts')
  const programs = new Programs()
  const [before = '', after = '', lost = '', closed = ''] = DIED.map(({ name }) => name)
  try {
    // killed that often, a router would be suspected
    const ours = oursWith({ strikes: { limit: 1000 } })
    for (const program of await startAll(programs, [PEERS.njs, ours], server.port, plan, 'anywhere')) {
      plan.progress(`deaths: ${program.name}`)
      for (let kill = 0; kill < plan.rounds * KILLS; kill++) {
        const seen = await deaths(program)
        samples.add(program.name, before, seen.before)
        samples.add(program.name, after, seen.after)
        samples.add(program.name, lost, seen.lost)
        samples.add(program.name, closed, seen.closed * 100)
      }
    }
  } finally {
    await programs.close()
  }
}
