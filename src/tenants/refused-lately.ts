import { performance } from 'node:perf_hooks'
import { clientOf } from './client-address.ts'

/** Milliseconds for which a client is remembered; at most twice as long. */
const EVERY = 1000
/** So many are remembered of each such time: crowds that come from more addresses are not known again by them. */
const MOST = 10_000

/** Clients of which a limit has refused a connection in the last second or two: most come again at once. */
export class RefusedLately {
  readonly #now: () => number
  /** Of this time, and of the one before. */
  #young = new Set<string>()
  #old = new Set<string>()
  #since: number

  /** `now` gives milliseconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#since = now()
  }

  add(address: string): void {
    this.#turnOver()
    if (this.#young.size < MOST) this.#young.add(clientOf(address))
  }

  has(address: string): boolean {
    if (this.#young.size === 0 && this.#old.size === 0) return false
    this.#turnOver()
    const client = clientOf(address)
    return this.#young.has(client) || this.#old.has(client)
  }

  #turnOver(): void {
    const now = this.#now()
    const elapsed = now - this.#since
    if (elapsed < EVERY) return
    this.#old = elapsed < 2 * EVERY ? this.#young : new Set()
    this.#young = new Set()
    this.#since = now
  }
}
