import { readFileSync } from 'node:fs'
import { quantile } from '../figures.ts'
import { childrenOf, type Program } from '../programs.ts'
import { stay, visit, visitUntil } from './visit.ts'

/** Times are microseconds. */
export interface Seen {
  /** From opening a connection to its answer, the median of some in peace. */
  readonly before: number
  /** The same for one that was opened at once after the death, until there was an answer at all. */
  readonly after: number
  /** Connections that were closed without one until then. */
  readonly lost: number
  /** The share of connections that were being relayed and did not live on. */
  readonly closed: number
}

const RELAYED = 20
const IN_PEACE = 150
/** The first of those, which find everybody asleep and caches cold. */
const COLD = 50
/** Milliseconds in which whoever died must have been replaced. */
const REPLACED = 15_000
/** How long what was cut off may take to show. */
const SHOWN = 200
/** For which who has been replaced is left alone: a new spare takes processor time to start. */
const SETTLE = 1500

/** Kills the process that decides, and sees what its clients notice. */
export async function deaths(program: Program): Promise<Seen> {
  const { port } = program
  const before: number[] = []
  const usedBefore = new Map(program.pids().map((pid) => [pid, used(pid)]))
  for (let count = 0; count < IN_PEACE; count++)
    before.push((await visitUntil(port, (answer) => answer !== '')).milliseconds)
  const decider = busiest(program, usedBefore)
  const parent = program.pids().find((pid) => childrenOf(pid).includes(decider)) ?? 0
  const siblings = childrenOf(parent).length
  const relayed = await Promise.all(Array.from({ length: RELAYED }, () => stay(port)))
  let closed = 0
  for (const socket of relayed) socket.once('close', () => (closed += 1))
  const began = performance.now()
  process.kill(decider, 'SIGKILL')
  const { lost } = await visitUntil(port, (answer) => answer !== '')
  const after = performance.now() - began
  await new Promise((resume) => setTimeout(resume, SHOWN))
  const seen = { before: quantile(before.slice(COLD), 0.5) * 1000, after: after * 1000, lost, closed: closed / RELAYED }
  for (const socket of relayed) socket.destroy()
  await replaced(program, parent, siblings)
  return seen
}

/** Among the processes that started none: the one that has worked most lately. */
function busiest(program: Program, before: ReadonlyMap<number, bigint>): number {
  const leaves = program.pids().filter((pid) => childrenOf(pid).length === 0)
  const worked = leaves.map((pid) => ({ pid, time: used(pid) - (before.get(pid) ?? 0n) }))
  const [most] = worked.toSorted((a, b) => Number(b.time - a.time))
  if (most === undefined) throw new Error(`${program.name} has no process that decides`)
  return most.pid
}

/** Nanoseconds on a processor. */
function used(pid: number): bigint {
  return BigInt(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0] ?? 0)
}

/** A host that has just been replaced is ready to be asked, and there is a spare again. */
async function replaced(program: Program, parent: number, siblings: number): Promise<void> {
  const end = performance.now() + REPLACED
  while (childrenOf(parent).length < siblings || (await visit(program.port)) === undefined) {
    if (performance.now() > end) throw new Error(`${program.name} has not replaced what died`)
    await new Promise((resume) => setTimeout(resume, 50))
  }
  await new Promise((resume) => setTimeout(resume, SETTLE))
}
