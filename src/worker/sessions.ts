import type { Places } from '../tenants/usage.ts'
import type { Connection } from '../transport/transport.ts'
import type { Listener } from './listener.ts'
import { Session } from './session.ts'
import type { SessionContext } from './session-context.ts'

export interface SessionsOptions {
  readonly context: Omit<SessionContext, 'closed'>
  readonly workerIndex: number
  /** Sessions that may live at once. */
  readonly limit: () => number
  /** Whether so many descriptors can be had now. */
  readonly descriptorsLeft: (count: number) => boolean
  /** Why no more connections are to be accepted, or `undefined` when there is room again. */
  readonly full: (why: WhyFull | undefined) => void
  readonly closed: (record: Parameters<SessionContext['closed']>[1]) => void
  readonly counted: (counts: Counts) => void
}

/** As many connections as may be, or no descriptor for another one, although there are fewer. */
export type WhyFull = 'limit' | 'descriptors'

/** Client connections now, at most at once, and since the start. */
export interface Counts {
  readonly current: number
  readonly max: number
  readonly total: number
}

/** Sessions below the limit that must be free before accepting goes on, so that it does not flutter. */
const HYSTERESIS = 0.05
/**
 * Descriptors without which nothing more is accepted, and with which accepting goes on. When `accept` itself fails for want of
 * one, it is too late: libuv then takes the connections that wait and closes them.
 */
const SPARE = { least: 2, enough: 16 }
/** Milliseconds between two looks at the descriptors, which come and go without a session too. */
const LOOK_EVERY = 100

/** Every living session of this worker: counted, bounded by descriptors, and drained. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #context: SessionContext
  /**
   * Each knows where it stands. Not a `Set`: one that has outgrown its table points from the old table to the new one, so that a single old
   * table that V8 takes for long-lived keeps all later ones from being collected with the young, and with them every session.
   */
  readonly #living: Session[] = []
  #max = 0
  #total = 0
  #full = false
  #empty: (() => void) | undefined

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#context = { ...options.context, closed: (session, record) => this.#closed(session, record) }
    setInterval(() => (this.#full ? this.#lookForRoom() : this.#lookForWant()), LOOK_EVERY).unref()
  }

  get counts(): Counts {
    return { current: this.#living.length, max: this.#max, total: this.#total }
  }

  /** For sessions: those that there may be at once, and those beside the living. */
  get places(): Places {
    const all = this.#options.limit()
    return { all, free: all - this.#living.length }
  }

  /** No more connections are to be accepted for now. */
  get full(): boolean {
    return this.#full
  }

  accept(listener: Listener, connection: Connection): void {
    this.#total += 1
    const id = `${this.#options.workerIndex}-${this.#total.toString(36)}`
    const session = new Session(id, this.#context, listener, connection)
    session.index = this.#living.push(session) - 1
    this.#max = Math.max(this.#max, this.#living.length)
    session.open()
    this.#options.counted(this.counts)
    if (this.#living.length >= this.#options.limit()) this.#setFull('limit')
    else this.#lookForWant()
  }

  /** The system refused to accept: it has no descriptor, or no memory. */
  acceptFailed(): void {
    this.#setFull('descriptors')
  }

  /** Calls `empty` when no session is left. */
  whenEmpty(empty: () => void): void {
    if (this.#living.length === 0) empty()
    else this.#empty = empty
  }

  /** Ends every session; the answer is how many there were. */
  force(): number {
    const living = this.#living.slice()
    for (const session of living) session.force()
    return living.length
  }

  #closed(session: Session, record: Parameters<SessionContext['closed']>[1]): void {
    this.#remove(session)
    this.#options.closed(record)
    this.#options.counted(this.counts)
    this.#lookForRoom()
    if (this.#living.length === 0) this.#empty?.()
  }

  /** The last one takes its place. */
  #remove({ index }: Session): void {
    const last = this.#living.pop()
    if (last === undefined || last.index === index) return
    this.#living[index] = last
    last.index = index
  }

  #setFull(why: WhyFull): void {
    if (this.#full) return
    this.#full = true
    this.#options.full(why)
  }

  #lookForWant(): void {
    if (!this.#options.descriptorsLeft(SPARE.least)) this.#setFull('descriptors')
  }

  #lookForRoom(): void {
    if (!this.#full || this.#living.length > this.#options.limit() * (1 - HYSTERESIS)) return
    if (!this.#options.descriptorsLeft(SPARE.enough)) return
    this.#full = false
    this.#options.full(undefined)
  }
}
