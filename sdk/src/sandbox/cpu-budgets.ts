import { performance } from 'node:perf_hooks'
import type { VersionLimits } from './sandbox.ts'

interface Budget {
  perSecond: number
  burst: number
  /** CPU milliseconds that are left at `at`; below 0 is debt. */
  left: number
  at: number
}

/** Tenants without a version from which on it is looked for those that can be forgotten. */
const MANY = 64

/**
 * The CPU time that each tenant may use in this process: a bucket that fills at `cpuPerSecond` up to `cpuBurst`. What a decision
 * costs is known when it has been made, so a tenant may get into debt; then its questions wait until it is out of it.
 */
export class CpuBudgets {
  readonly #budgets = new Map<string, Budget>()
  /** Of those that have no version. */
  readonly #gone = new Set<string>()
  #mostGone = MANY
  readonly #now: () => number

  /** `now` in milliseconds, monotonic. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The limits of the version that was loaded last hold for its tenant. What is owed stays owed. */
  configure(tenant: string, { cpuPerSecond, cpuBurst }: Pick<VersionLimits, 'cpuPerSecond' | 'cpuBurst'>): void {
    const budget = this.#budgets.get(tenant)
    this.#gone.delete(tenant)
    if (cpuPerSecond === 0) this.#budgets.delete(tenant)
    else if (budget === undefined)
      this.#budgets.set(tenant, { perSecond: cpuPerSecond, burst: cpuBurst, left: cpuBurst, at: this.#now() })
    else {
      this.#fill(budget)
      Object.assign(budget, { perSecond: cpuPerSecond, burst: cpuBurst, left: Math.min(budget.left, cpuBurst) })
    }
  }

  /** A tenant has no version any more. What it spent is remembered until that has come back: it may be back sooner. */
  forget(tenant: string): void {
    this.#gone.add(tenant)
    this.#forgetIfFull(tenant)
    if (this.#gone.size <= this.#mostGone) return
    for (const other of this.#gone) this.#forgetIfFull(other)
    this.#mostGone = Math.max(MANY, 2 * this.#gone.size)
  }

  /** Tenants of which something is known. */
  get size(): number {
    return this.#budgets.size
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

  #forgetIfFull(tenant: string): void {
    const budget = this.#budgets.get(tenant)
    if (budget !== undefined && this.#fill(budget) < budget.burst) return
    this.#budgets.delete(tenant)
    this.#gone.delete(tenant)
  }

  #fill(budget: Budget): number {
    const now = this.#now()
    budget.left = Math.min(budget.burst, budget.left + ((now - budget.at) * budget.perSecond) / 1000)
    budget.at = now
    return budget.left
  }
}
