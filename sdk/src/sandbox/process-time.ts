import { performance } from 'node:perf_hooks'

/**
 * CPU time of what this process does, which is one thing at a time. isolated-vm's own clock of an isolate is no CPU clock in its
 * prebuilt form: it goes on while others have the processor, and would blame a router for that. The time of a single thread
 * (getrusage(2)) is exact to a tick of the scheduler only. So it is that of the process, and no more than has passed: other threads
 * may be compiling for a router while its neighbour is asked.
 */
export class Lap {
  readonly #cpu = processTime()
  readonly #wall = performance.now()

  /** CPU microseconds since it began: a system call, about 1 µs. */
  get used(): number {
    return Math.min(processTime() - this.#cpu, (performance.now() - this.#wall) * 1000)
  }
}

function processTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
