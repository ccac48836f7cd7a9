/** As good as none. */
const NOTHING = 0.01
/** Additions between two looks for users that are to be forgotten. */
const SWEEP = 1024

export interface RecentUseOptions {
  /** Milliseconds after which half of what was used counts no more. */
  readonly halfLife: number
  /** A clock of milliseconds that never goes back. */
  readonly now?: () => number
}

interface Use {
  amount: number
  at: number
}

/** What each of many has used of late, the longer ago the less of it: who uses hardly anything is not who uses all the time. */
export class RecentUse {
  readonly #halfLife: number
  readonly #now: () => number
  readonly #uses = new Map<string, Use>()
  #additions = 0

  constructor({ halfLife, now = () => performance.now() }: RecentUseOptions) {
    this.#halfLife = halfLife
    this.#now = now
  }

  /** Those who are remembered. */
  get size(): number {
    return this.#uses.size
  }

  /** The answer is what it has used of late, with this. */
  add(name: string, amount: number): number {
    const at = this.#now()
    const use = this.#uses.get(name) ?? { amount: 0, at }
    use.amount = this.#left(use, at) + amount
    use.at = at
    this.#uses.set(name, use)
    this.#additions += 1
    if (this.#additions % SWEEP === 0) this.#sweep(at)
    return use.amount
  }

  of(name: string): number {
    const use = this.#uses.get(name)
    return use === undefined ? 0 : this.#left(use, this.#now())
  }

  #sweep(at: number): void {
    for (const [name, use] of this.#uses) if (this.#left(use, at) === 0) this.#uses.delete(name)
  }

  #left({ amount, at }: Use, now: number): number {
    const left = amount * 0.5 ** ((now - at) / this.#halfLife)
    return left < NOTHING ? 0 : left
  }
}
