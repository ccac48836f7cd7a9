import type { Connection } from '../transport/transport.ts'
import type { Listener } from './listener.ts'
import { Session } from './session.ts'
import type { SessionContext } from './session-context.ts'

export interface SessionsOptions {
  readonly context: Omit<SessionContext, 'closed'>
  readonly workerIndex: number
  /** Sessions that may live at once. */
  readonly limit: () => number
  /** The limit was reached (true), or there is room again (false). */
  readonly full: (full: boolean) => void
  readonly closed: (record: Parameters<SessionContext['closed']>[1]) => void
  readonly counted: (counts: Counts) => void
}

/** Client connections now, at most at once, and since the start. */
export interface Counts {
  readonly current: number
  readonly max: number
  readonly total: number
}

/** Sessions below the limit that must be free before accepting goes on, so that it does not flutter. */
const HYSTERESIS = 0.05

/** Every living session of this worker: counted, bounded by descriptors, and drained. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #context: SessionContext
  readonly #living = new Set<Session>()
  #max = 0
  #total = 0
  #full = false
  #empty: (() => void) | undefined

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#context = { ...options.context, closed: (session, record) => this.#closed(session, record) }
  }

  get counts(): Counts {
    return { current: this.#living.size, max: this.#max, total: this.#total }
  }

  accept(listener: Listener, connection: Connection): void {
    this.#total += 1
    const id = `${this.#options.workerIndex}-${this.#total.toString(36)}`
    const session = new Session(id, this.#context, listener, connection)
    this.#living.add(session)
    this.#max = Math.max(this.#max, this.#living.size)
    session.open()
    this.#options.counted(this.counts)
    if (!this.#full && this.#living.size >= this.#options.limit()) this.#setFull(true)
  }

  /** Calls `empty` when no session is left. */
  whenEmpty(empty: () => void): void {
    if (this.#living.size === 0) empty()
    else this.#empty = empty
  }

  /** Ends every session; the answer is how many there were. */
  force(): number {
    const living = [...this.#living]
    for (const session of living) session.force()
    return living.length
  }

  #closed(session: Session, record: Parameters<SessionContext['closed']>[1]): void {
    this.#living.delete(session)
    this.#options.closed(record)
    this.#options.counted(this.counts)
    if (this.#full && this.#living.size <= this.#options.limit() * (1 - HYSTERESIS)) this.#setFull(false)
    if (this.#living.size === 0) this.#empty?.()
  }

  #setFull(full: boolean): void {
    this.#full = full
    this.#options.full(full)
  }
}
