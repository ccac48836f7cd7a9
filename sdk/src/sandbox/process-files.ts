import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

const PAGE_BYTES = 4096
const TICK = 10 // milliseconds, of every Linux on x86-64 and arm64
const CAP_SYS_NICE = 23n

/** Bytes of memory that a process has; 0 when it is gone, or the system does not say. */
export function residentBytes(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * PAGE_BYTES
}

/** CPU milliseconds of a process's first thread; 0 when it is gone, or the system does not say. */
export function mainThreadTime(pid: number): number {
  return Number(read(`/proc/${pid}/schedstat`).split(' ')[0] ?? 0) / 1e6
}

/** CPU milliseconds of all threads of a process, in steps of 10; `undefined` when it is gone, or the system does not say. */
export function processorTime(pid: number): number | undefined {
  return cpuTimes(pid)?.own
}

/** The same, and of its children that have ended and been waited for. */
function cpuTimes(pid: number): { own: number; ended: number } | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === '') return undefined
  // after the name, which may hold anything: utime, stime, cutime and cstime (proc_pid_stat(5))
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map((ticks) => Number(ticks) * TICK)
  return { own: (user ?? 0) + (system ?? 0), ended: (childrenUser ?? 0) + (childrenSystem ?? 0) }
}

/**
 * CPU milliseconds of this process, and of all its children that have ended or run, in steps of 10; `undefined` when the system
 * does not say.
 */
export function ownFamilyTime(): number | undefined {
  const times = cpuTimes(process.pid)
  if (times === undefined) return undefined
  return ownChildren().reduce((sum, pid) => sum + (processorTime(pid) ?? 0), times.own + times.ended)
}

/** The children of this process; none where the system does not say. */
export function ownChildren(): number[] {
  const pids = threadsOf(process.pid).flatMap((thread) => read(`/proc/self/task/${thread}/children`).split(' '))
  return pids.map(Number).filter((pid) => pid > 0)
}

/** The one that has a word in its command line which begins so. */
export function childWith(beginning: string): number | undefined {
  return ownChildren().find((pid) => read(`/proc/${pid}/cmdline`).includes(`\0${beginning}`))
}

/**
 * Lets all threads that a process has take what others leave of a processor for which there is a queue. One that is gone already is
 * reported elsewhere.
 */
export function yieldToOthers(pid: number, nice: number): void {
  for (const thread of threadsOf(pid)) yieldThread(thread, nice)
}

/** The same for the threads that this process has beside its first, by whose niceness its children begin. */
export function yieldOtherThreads(nice: number): void {
  for (const thread of threadsOf(process.pid)) if (thread !== process.pid) yieldThread(thread, nice)
}

function yieldThread(thread: number, nice: number): void {
  try {
    setPriority(thread, nice)
  } catch {}
}

/** Whether what yielded to others may be made less nice again (capabilities(7)). */
export function mayTakeBack(): boolean {
  const [, effective = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status')) ?? []
  return ((BigInt(`0x${effective}`) >> CAP_SYS_NICE) & 1n) === 1n
}

/** Linux has a niceness for each thread; elsewhere a process has one. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // gone already, or a system without /proc
  }
}
