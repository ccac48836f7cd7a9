import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** How often, and after how many milliseconds, a session's niceness is set again when the kernel says: not now. */
const SESSION_TRIES = 20
const SESSION_AGAIN = 120
const PAGE_BYTES = 4096
const TICK = 10 // milliseconds, of every Linux on x86-64 and arm64

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
  const stat = read(`/proc/${pid}/stat`)
  if (stat === '') return undefined
  // after the name, which may hold anything: utime and stime (proc_pid_stat(5))
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK
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
 * Lets a process have what others leave of a processor for which there is a queue. It is in a session of its own: where the
 * kernel shares out the processor by session first (sched(7), autogroup), its niceness alone would mean nothing, and that of
 * its session is `session`. One that is gone already is reported elsewhere.
 */
export function yieldToOthers(pid: number, nice: number, session: number = nice): void {
  for (const thread of threadsOf(pid))
    try {
      setPriority(thread, nice)
    } catch {}
  yieldSession(pid, session, SESSION_TRIES)
}

/** All who are not root together may say so ten times a second: EAGAIN is "not now". */
function yieldSession(pid: number, nice: number, tries: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(nice))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // anything else: no such feature, not Linux, or gone
    if (code === 'EAGAIN' && tries > 1) setTimeout(yieldSession, SESSION_AGAIN, pid, nice, tries - 1).unref()
  }
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
