import { tenantOf } from '../tenants/policy.ts'
import type { Account } from './account.ts'
import { emptySlot, type RouterState, type Slot } from './slot.ts'
import type { RouterSource } from './store.ts'

/** Routers that are gone whose numbers of versions are known. */
const MOST_NUMBERS = 10_000

/** All routers that the deployer knows something of. */
export class Slots {
  readonly #slots = new Map<string, Slot>()
  /** Of those that are gone; versions of one that comes back are numbered on. Who is gone longest comes first. */
  readonly #numbers = new Map<string, number>()

  /** What is known of a router. */
  of(router: string): Slot {
    const known = this.#slots.get(router)
    if (known !== undefined) return known
    const slot = emptySlot(this.#numbers.get(router) ?? 0)
    this.#numbers.delete(router)
    this.#slots.set(router, slot)
    return slot
  }

  get all(): Iterable<[string, Slot]> {
    return this.#slots
  }

  /** Forgets a router of which there is nothing any more. */
  tidy(router: string): void {
    const slot = this.#slots.get(router)
    if (slot === undefined || slot.source !== undefined || slot.active !== undefined || slot.running !== undefined)
      return
    this.#slots.delete(router)
    this.#numbers.set(router, slot.versions)
    for (const oldest of this.#numbers.keys()) {
      if (this.#numbers.size <= MOST_NUMBERS) break
      this.#numbers.delete(oldest)
    }
  }

  /** Routers that are served. */
  get served(): string[] {
    return [...this.#slots].flatMap(([router, { active }]) => (active === undefined ? [] : [router]))
  }

  /** The router that is served with the version of this id. */
  serving(id: number): [string, Slot] | undefined {
    for (const entry of this.#slots) if (entry[1].active?.id === id) return entry
    return undefined
  }

  /** How many others of its tenant are served. */
  servedBeside(router: string): number {
    const tenant = tenantOf(router)
    let others = 0
    for (const [name, { active }] of this.#slots)
      if (active !== undefined && name !== router && tenantOf(name) === tenant) others += 1
    return others
  }

  /** There is a file of one of its routers, or one is served. */
  has(tenant: string): boolean {
    for (const [router, { source, active }] of this.#slots)
      if (tenantOf(router) === tenant && (source !== undefined || active !== undefined)) return true
    return false
  }

  /** Why the last change of each router that failed was refused. */
  get failures(): { router: string; account: Account }[] {
    return [...this.#slots].flatMap(([router, { failure }]) =>
      failure === undefined ? [] : [{ router, account: failure }],
    )
  }

  /** Every router that there is a file for, or that is served. */
  get states(): RouterState[] {
    return [...this.#slots].flatMap(([router, { source, active, failure, rolledBack }]) =>
      source === undefined && active === undefined ? [] : [{ router, active, failure, rolledBack }],
    )
  }

  /** What was refused or rolled back of a tenant. */
  refusedOf(tenant: string): RouterSource[] {
    return this.#sources((slot, router) => slot.failure !== undefined && tenantOf(router) === tenant)
  }

  /** What was refused because `router` had what it asks for. */
  blockedBy(router: string): RouterSource[] {
    return this.#sources((slot) => slot.blockedBy === router)
  }

  /** What was refused because its tenant had as many routers as it may. */
  oneTooManyOf(tenant: string): RouterSource[] {
    return this.#sources((slot, router) => slot.oneTooMany && tenantOf(router) === tenant)
  }

  #sources(matches: (slot: Slot, router: string) => boolean): RouterSource[] {
    return [...this.#slots].flatMap(([router, slot]) =>
      slot.source !== undefined && matches(slot, router) ? [slot.source] : [],
    )
  }
}
