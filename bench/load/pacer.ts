/** A thread that says when the next connection is due: an event loop's own timers are up to a millisecond late. */
import { workerData } from 'node:worker_threads'

export interface Pace {
  /** How many are due so far; whoever waits for more is woken. */
  readonly counter: SharedArrayBuffer
  /** When the first is due: milliseconds since 1970, with their fractions. */
  readonly start: number
  readonly perSecond: number
  readonly count: number
}

const { counter, start, perSecond, count }: Pace = workerData
const reached = new Int32Array(counter)
const nothing = new Int32Array(new SharedArrayBuffer(4))

for (let number = 0; number < count; number++) {
  const wait = start + (number * 1000) / perSecond - (performance.timeOrigin + performance.now())
  if (wait > 0) Atomics.wait(nothing, 0, 0, wait)
  Atomics.store(reached, 0, number + 1)
  Atomics.notify(reached, 0)
}
