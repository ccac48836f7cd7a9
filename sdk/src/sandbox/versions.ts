import { performance } from 'node:perf_hooks'
import { Bundles } from './bundles.ts'
import { Held } from './held.ts'
import type { SandboxVersion } from './sandbox.ts'

/** A version that was asked within so many milliseconds is kept wherever it may be asked next. */
const RECENT = 60_000
/** So few versions of a cordon are all kept there. */
const FEW = 64

/** The versions that a sandbox was given and not told to forget. */
export class Versions {
  readonly #idleVersion: number
  readonly #held = new Map<number, Held>()
  readonly #bundles = new Bundles()
  readonly #ofCordon = new Map<string, number>()
  readonly #ofTenant = new Map<string, number>()

  /** `idleVersion`: milliseconds after which one that nobody asks about is wanted nowhere. */
  constructor(idleVersion: number) {
    this.#idleVersion = idleVersion
  }

  get(id: number): Held | undefined {
    return this.#held.get(id)
  }

  has(id: number): boolean {
    return this.#held.has(id)
  }

  get all(): Iterable<Held> {
    return this.#held.values()
  }

  /** Ready to be held. Has to be `add`ed or `drop`ped. */
  take({ code, ...version }: SandboxVersion): Held {
    return new Held({ ...version, code: this.#bundles.take(code) })
  }

  drop({ version }: Held): void {
    this.#bundles.drop(version.code)
  }

  /** It counts as asked when the version was that it is to replace. */
  add(held: Held): void {
    const { id, router, cordon, tenant } = held.version
    for (const other of this.#held.values()) if (other.version.router === router) held.follow(other)
    this.#held.set(id, held)
    count(this.#ofCordon, cordon, 1)
    count(this.#ofTenant, tenant, 1)
  }

  /** The answer is whether its tenant has another one. */
  delete(held: Held): boolean {
    const { id, cordon, tenant } = held.version
    if (!this.#held.delete(id)) return true
    this.drop(held)
    count(this.#ofCordon, cordon, -1)
    return count(this.#ofTenant, tenant, -1) > 0
  }

  /** Whether hosts of its cordon should have it before they are asked about it. */
  isWanted({ slowToLoad, askedAt, usedAt, version }: Held, now: number = performance.now()): boolean {
    if (slowToLoad) return false
    const few = (this.#ofCordon.get(version.cordon) ?? 0) <= FEW
    return now - askedAt < Math.min(RECENT, this.#idleVersion) || (few && now - usedAt < this.#idleVersion)
  }

  /** Those of a cordon, the most wanted last. */
  wanted(cordon: string): Held[] {
    const now = performance.now()
    return [...this.#held.values()]
      .filter((held) => held.version.cordon === cordon && this.isWanted(held, now))
      .sort((one, other) => one.usedAt - other.usedAt)
  }
}

function count(counts: Map<string, number>, key: string, more: 1 | -1): number {
  const now = (counts.get(key) ?? 0) + more
  if (now > 0) counts.set(key, now)
  else counts.delete(key)
  return now
}
