import type { SandboxVersion } from './sandbox.ts'

/** Tenants that are kept with none: one whose questions come one by one is not put in and taken out each time. */
const KEPT = 256

/** How many questions of each tenant are asked and not answered. */
export class InFlight {
  readonly #tenants = new Map<string, number>()

  /** Counts one more; where that is over the tenant's limit it does not, and the answer says so. */
  enter({ tenant, limits }: SandboxVersion): string | undefined {
    const now = this.#tenants.get(tenant) ?? 0
    const { decisionsInFlight } = limits
    if (decisionsInFlight > 0 && now >= decisionsInFlight)
      return `its tenant has ${now} decisions in flight; decisionsInFlight allows ${decisionsInFlight}`
    this.#tenants.set(tenant, now + 1)
    return undefined
  }

  leave({ tenant }: SandboxVersion): void {
    const now = this.#tenants.get(tenant) ?? 0
    if (now > 1 || this.#tenants.size <= KEPT) this.#tenants.set(tenant, now - 1)
    else this.#tenants.delete(tenant)
  }
}
