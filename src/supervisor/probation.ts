import type { RollbackRules } from '../config/settings.ts'

/** The first decision of a version that failed. */
export interface FirstFailure {
  readonly failure: string
  readonly message: string
  /** In the bundle. */
  readonly position?: { readonly line: number; readonly column: number } | undefined
}

/** What one worker counted of a version's first decisions. */
export interface FirstDecisions {
  readonly id: number
  readonly decisions: number
  readonly failed: number
  readonly first?: FirstFailure | undefined
}

/** `good`: nothing more is counted. `bad`: it is to be taken back. */
export type Verdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'good' }
  | { readonly kind: 'bad'; readonly sum: FirstDecisions }

/** Versions that are new in service, and how their first decisions went, all workers together. */
export class Probation {
  readonly #counts = new Map<number, Map<number, FirstDecisions>>()

  watch(id: number): void {
    this.#counts.set(id, new Map())
  }

  forget(id: number): void {
    this.#counts.delete(id)
  }

  /** A worker's newest count takes the place of what it said before. */
  count(worker: number, said: FirstDecisions, rules: RollbackRules): Verdict {
    const counts = this.#counts.get(said.id)
    if (counts === undefined) return { kind: 'open' }
    counts.set(worker, said)
    const sum = sumUp([...counts.values()])
    const bad = sum.failed >= rules.failures && sum.failed * 2 >= sum.decisions
    if (!bad && sum.decisions < rules.decisions) return { kind: 'open' }
    this.#counts.delete(said.id)
    return bad ? { kind: 'bad', sum } : { kind: 'good' }
  }
}

function sumUp(counts: readonly FirstDecisions[]): FirstDecisions {
  const sum = { id: 0, decisions: 0, failed: 0, first: counts.find(({ first }) => first !== undefined)?.first }
  for (const { id, decisions, failed } of counts) {
    sum.id = id
    sum.decisions += decisions
    sum.failed += failed
  }
  return sum
}
