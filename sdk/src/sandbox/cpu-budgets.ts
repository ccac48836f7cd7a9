import type { VersionLimits } from './sandbox.ts'

interface Budget {
  perSecond: number
  burst: number
  /** CPU milliseconds that are left at `at`; below 0 is debt. */
  left: number
  at: number
}

/**
 * The CPU time that each tenant may use in this process: a bucket that fills at `cpuPerSecond` up to `cpuBurst`. What a decision
 * costs is known when it has been made, so a tenant may get into debt; then its questions wait until it is out of it.
 */
export class CpuBudgets {
  readonly #budgets = new Map<string, Budget>()
  readonly #now: () => number

  /** `now` in milliseconds, monotonic. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The limits of the version that was loaded last hold for its tenant. What is owed stays owed. */
  configure(tenant: string, { cpuPerSecond, cpuBurst }: Pick<VersionLimits, 'cpuPerSecond' | 'cpuBurst'>): void {
    const budget = this.#budgets.get(tenant)
    if (cpuPerSecond === 0) this.#budgets.delete(tenant)
    else if (budget === undefined)
      this.#budgets.set(tenant, { perSecond: cpuPerSecond, burst: cpuBurst, left: cpuBurst, at: this.#now() })
    else {
      this.#fill(budget)
      Object.assign(budget, { perSecond: cpuPerSecond, burst: cpuBurst, left: Math.min(budget.left, cpuBurst) })
    }
  }

  /** A tenant has no version any more. One that is in debt is remembered: it may be back. */
  forget(tenant: string): void {
    const budget = this.#budgets.get(tenant)
    if (budget !== undefined && this.#fill(budget) >= budget.burst) this.#budgets.delete(tenant)
  }

  /** How many milliseconds `tenant` has to wait; 0 when it may be asked now. */
  wait(tenant: string): number {
    const budget = this.#budgets.get(tenant)
    if (budget === undefined) return 0
    const left = this.#fill(budget)
    return left > 0 ? 0 : (-left * 1000) / budget.perSecond + 1
  }

  /** `tenant` has used so many CPU milliseconds. */
  charge(tenant: string, milliseconds: number): void {
    const budget = this.#budgets.get(tenant)
    if (budget === undefined) return
    this.#fill(budget)
    budget.left -= milliseconds
  }

  #fill(budget: Budget): number {
    const now = this.#now()
    budget.left = Math.min(budget.burst, budget.left + ((now - budget.at) * budget.perSecond) / 1000)
    budget.at = now
    return budget.left
  }
}
