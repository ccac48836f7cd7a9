import { performance } from 'node:perf_hooks'

export interface StrikeRules {
  /** Strikes within `window` milliseconds that lead to quarantine. */
  readonly limit: number
  readonly window: number
  /** Milliseconds of the first quarantine; doubled for each that follows, up to `quarantineMax`. */
  readonly quarantine: number
  readonly quarantineMax: number
}

/**
 * `clear`: asked with everybody. `penalty`: it was slow, or outgrew its memory, and is asked of a host apart. `cell`: a host was
 * lost under it, and it is asked where it costs only its like another one. `quarantined`: not asked.
 */
export type Standing = 'clear' | 'penalty' | 'cell' | 'quarantined'

/** A router against which something is held. */
export interface RouterStanding {
  readonly router: string
  readonly standing: Standing
  /** Those that still count towards quarantine. */
  readonly strikes: number
  /** When a quarantine ends, in milliseconds since 1970; `undefined` when it is in none. */
  readonly until?: number | undefined
}

interface Offender {
  /** When a host last crashed under it that was not held against it. */
  suspected: number
  /** When each strike was got that still counts towards quarantine. */
  strikes: number[]
  /** The last one, counted or not. */
  last: number
  /** One since it was last clear was for a host that was lost. */
  lethal: boolean
  /** Quarantines so far; each doubles the next. */
  quarantines: number
  quarantinedUntil: number
}

/** Offenders from which on it is looked for those against whom nothing is held any more. */
const MANY = 64

/**
 * Who cost a host, or a whole time slice, and how often. A router is on probation from its first strike until `window` has
 * passed without another; after a quarantine a single strike is enough for the next one. A new version is let out of
 * quarantine and starts with no strikes, but on probation: otherwise one saved again and again would cost its neighbours a
 * host each time. For the same reason all routers of a tenant stand with the one under which a host was lost.
 */
export class Strikes {
  readonly #rules: StrikeRules
  readonly #offenders = new Map<string, Offender>()
  /** By tenant, when a host was last lost under one of its routers: another name makes no other author. */
  readonly #lethal = new Map<string, number>()
  readonly #now: () => number
  #most = MANY

  /** `now` in milliseconds, monotonic. */
  constructor(rules: StrikeRules, now: () => number = () => performance.now()) {
    this.#rules = rules
    this.#now = now
  }

  standing(router: string): Standing {
    const own = this.#own(router)
    return own !== 'quarantined' && this.#isLethal(ownerOf(router)) ? 'cell' : own
  }

  /**
   * Counts one strike, `lethal` when a host was lost; the answer is the length of the quarantine that it led to, in
   * milliseconds, or 0.
   */
  strike(router: string, lethal = false): number {
    const now = this.#now()
    const { limit, window, quarantine, quarantineMax } = this.#rules
    const offender = this.#offenders.get(router) ?? this.#new(router)
    offender.lethal = lethal || (offender.lethal && now < this.#probation(offender))
    if (lethal) this.#lethal.set(ownerOf(router), now)
    offender.last = now
    offender.strikes = [...offender.strikes.filter((at) => now - at < window), now]
    if (offender.quarantines === 0 && offender.strikes.length < limit) return 0
    const length = Math.min(quarantineMax, quarantine * 2 ** offender.quarantines)
    offender.quarantines += 1
    offender.quarantinedUntil = now + length
    return length
  }

  /** A host crashed under it: whether that is the second time within `window`, which is no coincidence. */
  suspect(router: string): boolean {
    const now = this.#now()
    const offender = this.#offenders.get(router) ?? this.#new(router)
    const again = now - offender.suspected < this.#rules.window
    offender.suspected = again ? -Infinity : now
    return again
  }

  /** Without what other routers of its tenant have done. */
  #own(router: string): Standing {
    const offender = this.#offenders.get(router)
    if (offender === undefined) return 'clear'
    const now = this.#now()
    if (now < offender.quarantinedUntil) return 'quarantined'
    if (now < this.#probation(offender)) return offender.lethal ? 'cell' : 'penalty'
    if (now - offender.suspected >= this.#rules.window) this.#offenders.delete(router)
    return 'clear'
  }

  #isLethal(tenant: string): boolean {
    const last = this.#lethal.get(tenant)
    if (last === undefined || tenant === '') return false
    if (this.#now() - last < this.#rules.window) return true
    this.#lethal.delete(tenant)
    return false
  }

  /** Nobody may ever ask again for the standing of a router that is gone. */
  #forgetClear(): void {
    for (const router of this.#offenders.keys()) this.#own(router)
    for (const tenant of this.#lethal.keys()) this.#isLethal(tenant)
    this.#most = Math.max(MANY, 2 * this.#offenders.size)
  }

  #new(router: string): Offender {
    if (this.#offenders.size >= this.#most) this.#forgetClear()
    const never = -Infinity
    const counts = { strikes: [], quarantines: 0, lethal: false }
    const offender: Offender = { ...counts, last: never, suspected: never, quarantinedUntil: never }
    this.#offenders.set(router, offender)
    return offender
  }

  /** When it ends. */
  #probation({ last, quarantinedUntil }: Offender): number {
    return Math.max(last, quarantinedUntil) + this.#rules.window
  }

  /** Every router that is not clear, or has strikes that count. */
  standings(): RouterStanding[] {
    return [...this.#offenders]
      .map(([router, { quarantinedUntil }]) => {
        const standing = this.standing(router)
        const until = standing === 'quarantined' ? Math.round(Date.now() + quarantinedUntil - this.#now()) : undefined
        return { router, standing, strikes: this.count(router), until }
      })
      .filter(({ standing, strikes }) => standing !== 'clear' || strikes > 0)
  }

  /** Routers of which something is known. */
  get size(): number {
    return this.#offenders.size
  }

  /** Forgets what was held against `router`. */
  release(router: string): void {
    this.#offenders.delete(router)
    this.#lethal.delete(ownerOf(router))
  }

  /** Strikes of `router` that still count. */
  count(router: string): number {
    return this.#offenders.get(router)?.strikes.length ?? 0
  }

  /** There is a new version: no quarantine and no strikes, but probation goes on. */
  pardon(router: string): void {
    const offender = this.#offenders.get(router)
    if (offender === undefined) return
    Object.assign(offender, { strikes: [], quarantines: 0, quarantinedUntil: -Infinity })
  }
}

/** The tenant of a router, `''` for the operator's. */
function ownerOf(router: string): string {
  return router.slice(0, Math.max(0, router.indexOf('/')))
}
