import { setPriority } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { takeShortSlices } from '../../sdk/src/sandbox/own-process.ts'
import { yieldOtherThreads } from '../../sdk/src/sandbox/process-files.ts'

/**
 * From now on this process has the processor as soon as it wants it, as if it were on a machine of its own: what it waited for would be
 * measured as the proxy's. What it starts afterwards would have it as well. Its other threads, which are V8's, come last, or the proxy
 * would wait for them. False where that is not allowed.
 *
 * Not by SCHED_FIFO: so that others do not starve behind that, Linux lets them run for 50 ms in each second before it
 * (sched-deadline(7), the fair server).
 */
export function serveFirst(): boolean {
  setFlagsFromString('--single-threaded-gc')
  yieldOtherThreads(19)
  try {
    setPriority(process.pid, -20)
  } catch {
    return false
  }
  takeShortSlices()
  return true
}
