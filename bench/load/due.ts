import { Worker } from 'node:worker_threads'
import type { Pace } from './pacer.ts'

/** Milliseconds in which the pacer's thread has started. */
const PACER_START = 200
/** How long the pacer may say nothing. */
const PATIENCE = 5000

/** Gives `count` numbers from 0, each when it is due, so many a second; `at` is when that was, on the clock of `performance.now()`. */
export async function* due(perSecond: number, count: number): AsyncGenerator<{ number: number; at: number }> {
  const counter = new SharedArrayBuffer(4)
  const reached = new Int32Array(counter)
  const start = performance.now() + PACER_START
  const pace: Pace = { counter, start: performance.timeOrigin + start, perSecond, count }
  const pacer = new Worker(new URL('pacer.ts', import.meta.url), { workerData: pace })
  try {
    for (let number = 0; number < count; ) {
      const waiting = Atomics.waitAsync(reached, 0, number, PATIENCE)
      if (waiting.async && (await waiting.value) === 'timed-out') throw new Error('the pacer stands still')
      for (const all = Atomics.load(reached, 0); number < all; number++)
        yield { number, at: start + (number * 1000) / perSecond }
    }
  } finally {
    await pacer.terminate()
  }
}
