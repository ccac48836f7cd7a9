import { performance } from 'node:perf_hooks'
import type { Settings, TenantLimits } from '../config/settings.ts'
import { OPERATOR, policyOf } from './policy.ts'
import { RefusedLately } from './refused-lately.ts'
import { Seldom } from './seldom.ts'
import { type LimitName, type Places, TenantUsage, type UsageReport } from './usage.ts'

/** A limit that bit, for the log: at most once a second for each tenant and limit. */
export interface Bite {
  readonly tenant: string
  readonly limit: LimitName
  /** What it is set to; `undefined` for reach, which is a list. Of `maxConnections` 0 is what descriptors allow. */
  readonly value: number | undefined
  /** Where it is set, such as `tenants.named.acme.limits.connections`. */
  readonly setting: string
  /** How often it bit since it was last said. */
  readonly times: number
}

export interface TenantsOptions {
  readonly say: (bite: Bite) => void
  /** Tenants that have routers in service. */
  readonly served: () => ReadonlySet<string>
  readonly places?: () => Places
  readonly now?: () => number
}

/** Tenants from which on those that are gone are forgotten. */
const MANY = 1024
/** No tenant can be called so. */
const UNCHOSEN = '(none chosen)'
const STRANGERS = '(no router)'
/** Connections of no router that may come at once. */
const STRANGER_BURST = 20

function unchosenLimits(settings: Settings): TenantLimits {
  return { ...policyOf(settings, OPERATOR).limits, clientConnections: settings.preread.clientConnections }
}

function strangerLimits(settings: Settings): TenantLimits {
  const { strangersPerSecond: connectionsPerSecond } = settings.preread
  return { ...unchosenLimits(settings), connectionsPerSecond, connectionBurst: STRANGER_BURST }
}

/** What every tenant uses in this worker; one that is served no more is forgotten when it has nothing in use. */
export class Tenants {
  #settings: Settings
  readonly #say: (bite: Bite) => void
  readonly #served: () => ReadonlySet<string>
  readonly #places: (() => Places) | undefined
  readonly #now: () => number
  readonly #usages = new Map<string, TenantUsage>()
  readonly #seldom: Seldom
  /** Usages at which it is looked for those that can be forgotten. */
  #most = MANY

  /** Connections that no router has been chosen for yet: only how many of one client there may be is limited. */
  readonly unchosen: TenantUsage
  readonly refused: RefusedLately
  /** Those that turned out to be no router's. Whoever is sent away at once comes again at once: they are let go at a pace. */
  readonly strangers: TenantUsage

  constructor(settings: Settings, { say, served, places, now = () => performance.now() }: TenantsOptions) {
    this.#settings = settings
    this.#say = say
    this.#served = served
    this.#places = places
    this.#now = now
    this.#seldom = new Seldom(now)
    this.refused = new RefusedLately(now)
    this.unchosen = new TenantUsage(unchosenLimits(settings), { bitten: (limit) => this.#bitten(UNCHOSEN, limit), now })
    this.strangers = new TenantUsage(strangerLimits(settings), {
      bitten: (limit) => this.#bitten(STRANGERS, limit),
      now,
    })
  }

  /** What `tenant` uses; `OPERATOR` for the operator's own routers. */
  of(tenant: string): TenantUsage {
    const known = this.#usages.get(tenant)
    if (known !== undefined) return known
    if (this.#usages.size >= this.#most) this.#forgetGone()
    const { limits } = policyOf(this.#settings, tenant)
    const places = tenant === OPERATOR ? undefined : this.#places
    const usage = new TenantUsage(limits, {
      bitten: (limit) => this.#bitten(tenant, limit),
      now: this.#now,
      ...(places && { places }),
    })
    this.#usages.set(tenant, usage)
    return usage
  }

  configure(settings: Settings): void {
    this.#settings = settings
    this.unchosen.configure(unchosenLimits(settings))
    this.strangers.configure(strangerLimits(settings))
    for (const [tenant, usage] of this.#usages) usage.configure(policyOf(settings, tenant).limits)
  }

  get report(): Record<string, UsageReport> {
    return Object.fromEntries([...this.#usages].map(([tenant, usage]) => [tenant, usage.report]))
  }

  /** Half of them have come since the last time, so that each newcomer pays for a look at two. */
  #forgetGone(): void {
    const served = this.#served()
    for (const [tenant, usage] of this.#usages) if (!served.has(tenant) && usage.idle) this.#usages.delete(tenant)
    this.#most = Math.max(MANY, 2 * this.#usages.size)
  }

  #bitten(tenant: string, limit: LimitName): void {
    // The operator's own routers have limits that their access records tell of.
    if (tenant === OPERATOR) return
    const times = this.#seldom.times(`${tenant} ${limit}`)
    if (times !== undefined) this.#say({ tenant, limit, ...this.#set(tenant, limit), times })
  }

  #set(tenant: string, limit: LimitName): Pick<Bite, 'value' | 'setting'> {
    const { preread } = this.#settings
    if (tenant === STRANGERS && limit === 'connectionsPerSecond')
      return { value: preread.strangersPerSecond, setting: 'preread.strangersPerSecond' }
    if (tenant === UNCHOSEN || tenant === STRANGERS)
      return { value: preread.clientConnections, setting: 'preread.clientConnections' }
    if (limit === 'maxConnections') return { value: this.#settings.maxConnections, setting: limit }
    const value = limit === 'reach' ? undefined : policyOf(this.#settings, tenant).limits[limit]
    return { value, setting: settingOf(this.#settings, tenant, limit) }
  }
}

/** Where the operator sets what holds for `tenant`. */
export function settingOf({ tenants }: Settings, tenant: string, limit: Exclude<LimitName, 'maxConnections'>): string {
  if (tenant === OPERATOR) return 'router'
  const named = Object.hasOwn(tenants.named, tenant) ? tenants.named[tenant] : undefined
  const own = limit === 'reach' ? named?.reach : named?.limits?.[limit]
  const place = own === undefined ? 'tenants.defaults' : `tenants.named.${tenant}`
  return limit === 'reach' ? `${place}.reach` : `${place}.limits.${limit}`
}
