import { execFileSync } from 'node:child_process'

/**
 * From now on a process of the benchmark has the processor as soon as it wants it (SCHED_FIFO), as if it were on a machine of its own: what it
 * waited for would be measured as the proxy's. Its children do not, or the proxy would. False where that is not allowed, or there
 * is no chrt(1).
 */
export function serveFirst(pid: number | undefined): boolean {
  try {
    execFileSync('chrt', ['-R', '-a', '-f', '-p', '1', String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
