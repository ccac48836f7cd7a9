import type { Connections, WorkerLink } from './worker-link.ts'

/** The connections of all workers together, those of workers that have ended included in the total. */
export class ConnectionSum {
  readonly #counts = new Map<WorkerLink, Connections>()
  readonly #changed: (sum: Connections) => void
  #goneTotal = 0
  #max = 0

  constructor(changed: (sum: Connections) => void) {
    this.#changed = changed
  }

  /** Connections that a worker has now. */
  of(link: WorkerLink): number {
    return this.#counts.get(link)?.current ?? 0
  }

  count(link: WorkerLink, connections: Connections): void {
    this.#counts.set(link, connections)
    this.#sumUp()
  }

  /** A worker has ended. */
  gone(link: WorkerLink): void {
    this.#goneTotal += this.#counts.get(link)?.total ?? 0
    this.#counts.delete(link)
    this.#sumUp()
  }

  #sumUp(): void {
    let current = 0
    let total = this.#goneTotal
    for (const counted of this.#counts.values()) {
      current += counted.current
      total += counted.total
    }
    // One worker's own maximum is exact; that of several is what was seen of their sum.
    this.#max = Math.max(this.#max, current, ...[...this.#counts.values()].map(({ max }) => max))
    this.#changed({ current, max: this.#max, total })
  }
}
