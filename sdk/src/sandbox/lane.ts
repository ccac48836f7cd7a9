import type { CpuBudgets } from './cpu-budgets.ts'
import { FairQueue } from './fair-queue.ts'
import type { Asking } from './jobs.ts'
import type { LoadedHost } from './loaded-host.ts'

export interface LaneOptions {
  readonly budgets: CpuBudgets
  /** The hosts that answer what is asked here. */
  readonly hosts: () => readonly LoadedHost[]
  /** Whether a question is still to be answered here: its router may have been struck while it waited. */
  readonly belongs: (asking: Asking) => boolean
  readonly askAnew: (asking: Asking) => void
  /** A tenant's questions wait because it has used up its CPU time. */
  readonly limited: (tenant: string) => void
}

/** Questions of one tenant on their way to each host: more would be a bet on what they take. */
const TAKEN = 8
/**
 * As many may be if they follow one about the same version: a host asks those by one call, in the time of one decision, however long
 * they would take. Of 12,000 connections a second, each costs 5 to 8 % less of the processor than with 8; with 32 as much as with 16.
 */
const TAKEN_TOGETHER = 16

/** Questions that the same hosts answer: they wait here, not at a host, so that a flood of one tenant's stands in no other's way. */
export class Lane {
  readonly #options: LaneOptions
  readonly #queue = new FairQueue<Asking>()

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Questions that wait. */
  get size(): number {
    return this.#queue.size
  }

  push(asking: Asking): void {
    const { budgets, limited } = this.#options
    if (budgets.wait(asking.tenant) > 0) limited(asking.tenant)
    this.#queue.push(asking)
    this.pump()
  }

  /** Sends what may be sent now. Called on a coarse tick as well, for those who were out of CPU time. */
  pump(): void {
    if (this.#queue.size === 0) return
    const hosts = this.#options.hosts()
    for (;;) {
      const host = leastBusy(hosts)
      if (host === undefined) return
      const asking = this.#queue.next((first, taken) => {
        const most = host.goesOnWith(first) ? TAKEN_TOGETHER : TAKEN
        return taken < most * hosts.length && this.#mayGo(first.tenant)
      })
      if (asking === undefined) return
      if (!this.#options.belongs(asking)) {
        this.#queue.take(asking.tenant)
        this.#queue.settle(asking.tenant, asking.likely, 0)
        this.#options.askAnew(asking)
        continue
      }
      // It is its turn, however long it takes until there is time for it.
      if (!host.hasTimeFor(asking)) return
      this.#queue.take(asking.tenant)
      asking.charged = asking.likely
      asking.from = this
      host.ask(asking)
    }
  }

  /** A question that was sent is answered, or never will be; `spent` is what it cost, in CPU milliseconds. */
  settle(asking: Asking, spent: number): void {
    const { budgets, limited } = this.#options
    const { tenant } = asking
    asking.from = undefined
    this.#queue.settle(tenant, asking.charged, spent)
    const before = budgets.wait(tenant)
    budgets.charge(tenant, spent)
    if (before === 0 && budgets.wait(tenant) > 0 && this.#waits(tenant)) limited(tenant)
  }

  /** A tenant's version was loaded for its questions. */
  charge(tenant: string, spent: number): void {
    this.#options.budgets.charge(tenant, spent)
    this.#queue.charge(tenant, spent)
  }

  /** What has waited since before `since`, and why. It waits no more. */
  expire(since: number): { asking: Asking; reason: string }[] {
    if (this.#queue.size === 0) return []
    const hosts = this.#options.hosts().length
    return this.#queue.expire(since).map((asking) => ({ asking, reason: this.#reason(asking, hosts) }))
  }

  #reason({ tenant, held }: Asking, hosts: number): string {
    if (!this.#mayGo(tenant))
      return `its tenant has used up its CPU time: cpuPerSecond allows ${held.version.limits.cpuPerSecond} ms`
    return hosts === 0 ? 'no sandbox host could be had in time' : 'its turn did not come in time'
  }

  #mayGo(tenant: string): boolean {
    return this.#options.budgets.wait(tenant) === 0
  }

  #waits(tenant: string): boolean {
    for (const waiting of this.#queue.tenants()) if (waiting === tenant) return true
    return false
  }
}

function leastBusy(hosts: readonly LoadedHost[]): LoadedHost | undefined {
  let best: LoadedHost | undefined
  for (const host of hosts) if (best === undefined || host.busy < best.busy) best = host
  return best
}
