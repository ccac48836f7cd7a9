import { createHash } from 'node:crypto'
import type { Held } from './held.ts'
import type { RouterDescription, SandboxVersion } from './sandbox.ts'

/** A description takes some hundred bytes. */
const MOST_KEPT = 1024

/**
 * How versions described themselves when they were rehearsed. The same code under the same limits behind the same wall is not
 * rehearsed again: a machine has thousands of routers that are copies of one. What failed is forgotten.
 */
export class Rehearsed {
  readonly #kept = new Map<string, { readonly description: RouterDescription; readonly slowToLoad: boolean }>()

  /** What `rehearse` gives, or gave for a version that is the same but for its name. */
  async of(held: Held, rehearse: () => Promise<RouterDescription>): Promise<RouterDescription> {
    const key = keyOf(held.version)
    const known = this.#kept.get(key)
    if (known !== undefined) {
      held.slowToLoad = known.slowToLoad
      return known.description
    }
    const description = await rehearse()
    this.#kept.set(key, { description, slowToLoad: held.slowToLoad })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break
      this.#kept.delete(oldest)
    }
    return description
  }

  /** A version that loaded did not do so again, or was struck: it is rehearsed the next time. */
  forget(version: SandboxVersion): void {
    this.#kept.delete(keyOf(version))
  }
}

function keyOf({ code, cordon, limits }: SandboxVersion): string {
  return createHash('sha256')
    .update(JSON.stringify([cordon, limits]))
    .update(code)
    .digest('base64')
}
