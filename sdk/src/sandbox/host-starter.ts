import { type HostEvents, HostProcess } from './host-process.ts'
import type { Job } from './jobs.ts'
import type { Role } from './loaded-host.ts'

/** What becomes of hosts, those that are starting and those that have. */
export interface StarterEvents {
  ready(host: HostProcess<Job>, role: Role): void
  answered(host: HostProcess<Job>, job: Job): void
  delivered(): void
  lost(host: HostProcess<Job>, ...how: Parameters<HostEvents<Job>['lost']>): void
  /** One may be started again. */
  again(): void
}

/** Milliseconds that a host has to become ready. */
export const MAX_START = 10_000
const BACK_OFF = { first: 50, most: 5_000 }

/** Starts hosts, a little later each time that one could not be started. */
export class HostStarter {
  readonly #command: readonly string[]
  readonly #events: StarterEvents
  readonly #starting = new Map<HostProcess<Job>, Role>()
  #failures = 0
  #backOff: NodeJS.Timeout | undefined
  #closed = false

  constructor(command: readonly string[], events: StarterEvents) {
    this.#command = command
    this.#events = events
  }

  /** Hosts that are starting. */
  get hosts(): HostProcess<Job>[] {
    return [...this.#starting.keys()]
  }

  /** Starts as many hosts as are missing beyond those that are starting, unless it has to wait before. */
  fill(role: Role, missing: number): void {
    if (this.#closed || this.#backOff !== undefined) return
    const coming = [...this.#starting.values()].filter((other) => other === role).length
    for (let more = missing - coming; more > 0; more--) this.#start(role)
  }

  /** Called on a coarse tick. */
  check(now: number): void {
    for (const host of this.#starting.keys())
      if (now > host.startBy) host.kill('exited', `it was not ready within ${MAX_START} ms`)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#backOff)
  }

  #start(role: Role): void {
    const host: HostProcess<Job> = new HostProcess(this.#command, role !== 'spare', {
      ready: () => {
        this.#starting.delete(host)
        this.#failures = 0
        this.#events.ready(host, role)
      },
      answered: (job) => this.#events.answered(host, job),
      delivered: () => this.#events.delivered(),
      lost: (...how) => {
        const starting = this.#starting.delete(host)
        if (starting) this.#failures += 1
        this.#events.lost(host, ...how)
        if (starting && this.#failures > 1) this.#waitAndRetry()
        else this.#events.again()
      },
    })
    this.#starting.set(host, role)
  }

  #waitAndRetry(): void {
    if (this.#closed) return
    const delay = Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** this.#failures)
    this.#backOff ??= setTimeout(() => {
      this.#backOff = undefined
      this.#events.again()
    }, delay)
  }
}
