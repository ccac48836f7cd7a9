import type { AccessRecord } from './access-record.ts'

/** Connections that one limit refused, beyond those that have records of their own. */
export interface RefusedTogether extends Pick<AccessRecord, 'listener' | 'router' | 'limit' | 'reason'> {
  /** How many. */
  readonly times: number
}

export interface RefusalRecordsOptions {
  /** Writes the record of one connection. */
  readonly one: (record: AccessRecord) => void
  readonly together: (refused: RefusedTogether) => void
}

/** Of one limit of a router in a second. */
const EACH = 20
const EVERY = 1000 // milliseconds

interface Refusals {
  readonly first: AccessRecord
  count: number
}

/**
 * Access records on their way to the log. A flood of connections that a limit refuses must not become a flood of lines, which
 * would cost more than refusing and fill the disk: the first of each second have a record each, the others one together.
 */
export class RefusalRecords {
  readonly #options: RefusalRecordsOptions
  readonly #refusals = new Map<string, Refusals>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: RefusalRecordsOptions) {
    this.#options = options
  }

  closed(record: AccessRecord): void {
    if (record.reason !== 'over-limit' || this.#isAmongFirst(record)) this.#options.one(record)
  }

  /** Writes what is still to be summed up, before the process ends. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const { first, count } of this.#refusals.values()) {
      if (count <= EACH) continue
      const { listener, router, limit, reason } = first
      this.#options.together({ listener, router, limit, reason, times: count - EACH })
    }
    this.#refusals.clear()
  }

  #isAmongFirst(record: AccessRecord): boolean {
    const key = `${record.limit} ${record.listener} ${record.router}`
    const refusals = this.#refusals.get(key) ?? { first: record, count: 0 }
    this.#refusals.set(key, refusals)
    this.#timer ??= setTimeout(() => this.flush(), EVERY).unref()
    refusals.count += 1
    return refusals.count <= EACH
  }
}
