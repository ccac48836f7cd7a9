/** Milliseconds after which a third of what was used still counts. */
const FADING = 1000
/** Milliseconds of use that are as good as none. */
const NOTHING = 0.01
/** Additions between two looks for tenants that are to be forgotten. */
const SWEEP = 1024

interface Use {
  spent: number
  at: number
}

/** What each tenant has used of late, the longer ago the less of it: who hardly uses anything is not who uses all the time. */
export class RecentUse {
  readonly #now: () => number
  readonly #uses = new Map<string, Use>()
  #additions = 0

  /** `now` is a clock of milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Tenants that are remembered. */
  get size(): number {
    return this.#uses.size
  }

  add(tenant: string, spent: number): void {
    const at = this.#now()
    const use = this.#uses.get(tenant)
    if (use === undefined) this.#uses.set(tenant, { spent, at })
    else {
      use.spent = faded(use, at) + spent
      use.at = at
    }
    this.#additions += 1
    if (this.#additions % SWEEP === 0) this.#sweep(at)
  }

  of(tenant: string): number {
    const use = this.#uses.get(tenant)
    return use === undefined ? 0 : faded(use, this.#now())
  }

  #sweep(at: number): void {
    for (const [tenant, use] of this.#uses) if (faded(use, at) === 0) this.#uses.delete(tenant)
  }
}

function faded({ spent, at }: Use, now: number): number {
  const left = spent * Math.exp((at - now) / FADING)
  return left < NOTHING ? 0 : left
}
