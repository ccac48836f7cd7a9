import { performance } from 'node:perf_hooks'
import { RecentUse } from '../recent-use.ts'

/** What stands in a queue. */
export interface Queued {
  readonly tenant: string
  /** When it was first asked, on the clock of `performance.now()`. */
  readonly since: number
  /** CPU milliseconds that it is likely to take. */
  readonly likely: number
}

interface Flow<T> {
  readonly tenant: string
  /** In the order in which they were asked. */
  readonly waiting: T[]
  /** CPU milliseconds that the tenant has had of this queue, on the queue's own clock. */
  virtual: number
  /** Taken and not settled. */
  taken: number
  /** CPU milliseconds that the tenant had had of late when it came. */
  had: number
}

/** What a question costs its host beside the router's own time, in milliseconds: nobody's questions are free. */
const OVERHEAD = 0.02
/** Milliseconds after which half of what a tenant had is forgotten, when it comes together with others. */
const HALF_LIFE = 700
/** Tenants that are kept though none of theirs waits: to put in and take out a tenant for each question costs more. */
const KEPT = 16

/**
 * Who is next: the tenant that has had the least CPU time, whoever came first (start-time fair queueing). A tenant that comes
 * back starts at the time of whoever was taken last: being away saves up nothing. Of those who come back together, the one that
 * had the least of late goes first. A question is charged with what it is likely to take when it is taken, and with the truth when
 * that is known. A tenant's own questions keep their order.
 */
export class FairQueue<T extends Queued> {
  readonly #flows = new Map<string, Flow<T>>()
  readonly #recent: RecentUse
  #virtual = 0
  #size = 0
  #taken = 0

  /** `now` is a clock of milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#recent = new RecentUse({ halfLife: HALF_LIFE, now })
  }

  /** Questions that wait. */
  get size(): number {
    return this.#size
  }

  /** One that was taken before stands before all that were asked later. */
  push(item: T): void {
    const flow = this.#flow(item.tenant)
    let at = flow.waiting.length
    while (at > 0 && (flow.waiting[at - 1]?.since ?? 0) > item.since) at--
    if (at === flow.waiting.length) flow.waiting.push(item)
    else flow.waiting.splice(at, 0, item)
    this.#size += 1
  }

  /** The next question of all tenants whose first one `mayGo`; `taken` are its tenant's that are on their way. */
  next(mayGo: (first: T, taken: number) => boolean): T | undefined {
    let best: Flow<T> | undefined
    for (const flow of this.#flows.values()) {
      const [first] = flow.waiting
      if (first === undefined || (best !== undefined && !isBefore(flow, best))) continue
      if (mayGo(first, flow.taken)) best = flow
    }
    return best?.waiting[0]
  }

  /** Takes the first question of a tenant. Has to be settled. */
  take(tenant: string): void {
    const flow = this.#flows.get(tenant)
    const item = flow?.waiting.shift()
    if (flow === undefined || item === undefined) return
    this.#size -= 1
    this.#taken += 1
    flow.taken += 1
    this.#virtual = Math.max(this.#virtual, flow.virtual)
    flow.virtual += item.likely + OVERHEAD
  }

  /** A question that was taken is over: `charged` is what it was likely to take then, `spent` what it cost, in CPU milliseconds. */
  settle(tenant: string, charged: number, spent: number): void {
    this.#recent.add(tenant, spent + OVERHEAD)
    const flow = this.#flows.get(tenant)
    if (flow === undefined) return
    this.#taken -= 1
    flow.taken -= 1
    flow.virtual += spent - charged
    if (this.#size === 0 && this.#taken === 0) this.#beginAnew()
    else if (flow.taken === 0 && flow.waiting.length === 0 && flow.virtual <= this.#virtual) this.#leave(tenant)
  }

  /** A tenant that has questions here had so many CPU milliseconds otherwise. */
  charge(tenant: string, spent: number): void {
    this.#recent.add(tenant, spent)
    const flow = this.#flows.get(tenant)
    if (flow !== undefined) flow.virtual += spent
  }

  /** Removes every question that was asked before `since`. */
  expire(since: number): T[] {
    const late: T[] = []
    for (const { waiting } of this.#flows.values())
      while (waiting[0] !== undefined && waiting[0].since < since) late.push(...waiting.splice(0, 1))
    this.#size -= late.length
    return late
  }

  /** Tenants that have questions waiting. */
  *tenants(): Iterable<string> {
    for (const { tenant, waiting } of this.#flows.values()) if (waiting.length > 0) yield tenant
  }

  /** Nobody wants anything: all begin anew, as if none had been there. */
  #beginAnew(): void {
    if (this.#flows.size > KEPT) return this.#flows.clear()
    for (const flow of this.#flows.values()) flow.virtual = this.#virtual
  }

  /** It is as if it had never been there. */
  #leave(tenant: string): void {
    if (this.#flows.size > KEPT) this.#flows.delete(tenant)
  }

  #flow(tenant: string): Flow<T> {
    const known = this.#flows.get(tenant)
    const idle = known === undefined || (known.taken === 0 && known.waiting.length === 0)
    const virtual = Math.max(this.#virtual, known?.virtual ?? 0)
    if (known !== undefined) {
      if (idle) Object.assign(known, { virtual, had: this.#recent.of(tenant) })
      return known
    }
    const flow = { tenant, waiting: [], virtual, taken: 0, had: this.#recent.of(tenant) }
    this.#flows.set(tenant, flow)
    return flow
  }
}

function isBefore(flow: Flow<unknown>, other: Flow<unknown>): boolean {
  return flow.virtual < other.virtual || (flow.virtual === other.virtual && flow.had < other.had)
}
