import type { HostPool } from './host-pool.ts'

interface Cordon {
  readonly pool: HostPool
  /** Versions that are held, or are being loaded. */
  versions: number
  ending: NodeJS.Timeout | undefined
}

/** The cordon whose hosts are there from the start. */
const FIRST = 'operator'
/** How long the hosts of a cordon outlive its last version, in milliseconds: a router that is saved anew finds them. */
const LINGER = 60_000

/** Hosts that never share a tenant: a pool for each cordon, from its first version until a while after its last. */
export class Cordons {
  readonly #open: (cordon: string) => HostPool
  readonly #linger: number
  readonly #cordons = new Map<string, Cordon>()
  readonly #ended = new Set<Promise<void>>()
  #closed = false

  constructor(open: (cordon: string) => HostPool, linger: number = LINGER) {
    this.#open = open
    this.#linger = linger
    this.#cordon(FIRST)
  }

  get pools(): HostPool[] {
    return [...this.#cordons.values()].map(({ pool }) => pool)
  }

  /** The pool of a cordon that has versions, and of the first; others may be gone. */
  get(cordon: string): HostPool | undefined {
    return this.#cordons.get(cordon)?.pool
  }

  /** One more version of a cordon. */
  enter(cordon: string): HostPool {
    if (this.#closed) throw new Error('the sandbox is closed')
    const entered = this.#cordon(cordon)
    entered.versions += 1
    clearTimeout(entered.ending)
    entered.ending = undefined
    return entered.pool
  }

  leave(cordon: string): void {
    const left = this.#cordons.get(cordon)
    if (left === undefined || --left.versions > 0 || cordon === FIRST || this.#closed) return
    left.ending = setTimeout(() => {
      this.#cordons.delete(cordon)
      const ended = left.pool.close()
      this.#ended.add(ended)
      void ended.finally(() => this.#ended.delete(ended))
    }, this.#linger)
    left.ending.unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { ending } of this.#cordons.values()) clearTimeout(ending)
    await Promise.all([...this.pools.map((pool) => pool.close()), ...this.#ended])
  }

  #cordon(name: string): Cordon {
    const known = this.#cordons.get(name)
    if (known !== undefined) return known
    const cordon = { pool: this.#open(name), versions: 0, ending: undefined }
    this.#cordons.set(name, cordon)
    return cordon
  }
}
