import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { shortenSlices } from '../../sdk/src/sandbox/own-process.ts'
import { yieldOtherThreads } from '../../sdk/src/sandbox/process-files.ts'

/** Garbage is collected by the thread that made it: it would wait for others, which are not served first. */
export const ALONE = ['--single-threaded-gc']
/**
 * For those who are served first: what they take for garbage, 10 ms at a time, they take from the proxy. There is room for that of a
 * whole measure, and between two of them it is collected.
 */
export const FIRST = [...ALONE, '--min-semi-space-size=64', '--max-semi-space-size=64', '--expose-gc']

/** To be called between two measures. */
export function collectGarbage(): void {
  globalThis.gc?.()
}

/** Runs this program again with `FIRST`, and ends with it, unless it is run so already. */
export async function runFirst(): Promise<void> {
  const { execPath, execArgv, argv } = process
  if (FIRST.every((word) => execArgv.includes(word))) return
  const child = spawn(execPath, [...execArgv, ...FIRST, ...argv.slice(1)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code]: unknown[] = await once(child, 'exit')
  process.exit(typeof code === 'number' ? code : 1)
}

/**
 * From now on the first thread of this process has the processor as soon as it wants it, as if it were on a machine of its own: what it
 * waited for would be measured as the proxy's. Its other threads, which compile, have what is left, and take nothing of the proxy's.
 * What it starts afterwards would be as its first thread. False where that is not allowed.
 *
 * Not by SCHED_FIFO: so that others do not starve behind that, Linux lets them run for 50 ms in each second before it
 * (sched-deadline(7), the fair server).
 */
export function serveFirst(): boolean {
  try {
    setPriority(process.pid, -20)
  } catch {
    return false
  }
  yieldOtherThreads(19)
  shortenSlices(process.pid, 'host')
  return true
}
