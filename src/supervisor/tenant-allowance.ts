import type { Settings } from '../config/settings.ts'
import { policyOf, tenantOf } from '../tenants/policy.ts'
import { Seldom } from '../tenants/seldom.ts'
import { type Bite, settingOf } from '../tenants/tenants.ts'
import { TokenBucket } from '../tenants/token-bucket.ts'
import type { LimitName } from '../tenants/usage.ts'

/** Seconds whose compiling a tenant may have at once after a quiet time. */
const BURST = 50

/** Tenants from which on those with nothing to pay are forgotten. */
const MANY = 256

/** A tenant has as many routers as it may; the message says where that is set. */
export class OneTooMany extends Error {}

/** What tenants may ask of the compilers and of the deployer: who saves bombs, or saves all the time, waits, and nobody else. */
export class TenantAllowance {
  readonly #say: (bite: Bite) => void
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #limited = new Map<string, Partial<Record<LimitName, number>>>()
  readonly #seldom = new Seldom()
  #settings: Settings

  constructor(settings: Settings, say: (bite: Bite) => void) {
    this.#settings = settings
    this.#say = say
  }

  configure(settings: Settings): void {
    this.#settings = settings
    for (const [tenant, bucket] of this.#buckets) {
      const perSecond = this.#perSecond(tenant)
      bucket.configure(perSecond, BURST * perSecond)
    }
  }

  /** How often each limit bit, by tenant. */
  get limited(): ReadonlyMap<string, Partial<Record<LimitName, number>>> {
    return this.#limited
  }

  /** A tenant has no router any more. What it has to pay for is remembered. */
  gone(tenant: string): void {
    this.#limited.delete(tenant)
  }

  /** Resolves when the tenant has paid for what was compiled before. */
  async turn(tenant: string): Promise<void> {
    const wait = this.#buckets.get(tenant)?.wait(0) ?? 0
    if (wait === 0) return
    this.#bite(tenant, 'compilePerSecond')
    await new Promise((resume) => setTimeout(resume, wait))
  }

  compiled(tenant: string, milliseconds: number): void {
    const perSecond = this.#perSecond(tenant)
    const bucket = this.#buckets.get(tenant) ?? new TokenBucket(perSecond, BURST * perSecond)
    bucket.take(milliseconds)
    this.#buckets.set(tenant, bucket)
    if (this.#buckets.size <= MANY) return
    for (const [other, { full }] of this.#buckets) if (full) this.#buckets.delete(other)
  }

  /** Why a router is one too many, where its tenant has `others` beside it that are served. */
  refusal(router: string, others: number): string | undefined {
    const tenant = tenantOf(router)
    const { routers } = policyOf(this.#settings, tenant).limits
    if (routers === 0 || others < routers) return undefined
    this.#bite(tenant, 'routers')
    return `tenant ${tenant} has ${others} routers; allowed are ${routers} (${settingOf(this.#settings, tenant, 'routers')})`
  }

  #perSecond(tenant: string): number {
    return policyOf(this.#settings, tenant).limits.compilePerSecond
  }

  #bite(tenant: string, limit: 'compilePerSecond' | 'routers'): void {
    const counts = this.#limited.get(tenant) ?? {}
    counts[limit] = (counts[limit] ?? 0) + 1
    this.#limited.set(tenant, counts)
    const times = this.#seldom.times(`${tenant} ${limit}`)
    const value = policyOf(this.#settings, tenant).limits[limit]
    if (times !== undefined)
      this.#say({ tenant, limit, value, setting: settingOf(this.#settings, tenant, limit), times })
  }
}
