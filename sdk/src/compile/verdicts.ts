import { createHash } from 'node:crypto'
import type { Diagnostic } from './diagnostics.ts'
import type { Sources } from './sources.ts'

/** What a compilation found of sources, wherever they stand. */
export type Verdict = Compiled | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] }

export interface Compiled {
  readonly kind: 'compiled'
  readonly code: string
  readonly hash: string
  readonly sourceMap: string
}

/** Characters of bundles and maps that are kept: who has thousands of routers that are alike has few that differ. */
const MOST_KEPT = 4 * 1024 * 1024

/**
 * Verdicts by all that they depend on: routers that are alike are compiled once, and one that is deployed again is not compiled
 * again. Refusals are not kept: their reason may be that the machine was busy. Those used longest ago go first.
 */
export class Verdicts {
  readonly #kept = new Map<string, Compiled>()
  readonly #running = new Map<string, Promise<Verdict>>()
  readonly #most: number
  #size = 0

  constructor(most: number = MOST_KEPT) {
    this.#most = most
  }

  /** What `compile` gives, or gave. `limits` tells runs apart that may end differently. */
  async of(sources: Sources, limits: string, compile: () => Promise<Verdict>): Promise<Verdict> {
    const key = keyOf(sources)
    const known = this.#kept.get(key)
    if (known !== undefined) {
      this.#kept.delete(key)
      this.#kept.set(key, known)
      return known
    }
    const run = `${key} ${limits}`
    const running = this.#running.get(run) ?? compile().finally(() => this.#running.delete(run))
    this.#running.set(run, running)
    const verdict = await running
    if (verdict.kind === 'compiled' && !this.#kept.has(key)) this.#keep(key, verdict)
    return verdict
  }

  #keep(key: string, verdict: Compiled): void {
    this.#kept.set(key, verdict)
    this.#size += sizeOf(verdict)
    for (const [oldest, old] of this.#kept) {
      if (this.#size <= this.#most) return
      this.#kept.delete(oldest)
      this.#size -= sizeOf(old)
    }
  }
}

function sizeOf({ code, sourceMap }: Compiled): number {
  return code.length + sourceMap.length
}

/** The compilers see nothing else of a router; the SDK is the same as long as the program runs. */
function keyOf({ entry, texts, refused, subfolders }: Sources): string {
  const all = JSON.stringify([entry, [...texts], [...refused], subfolders])
  return createHash('sha256').update(all).digest('base64')
}
