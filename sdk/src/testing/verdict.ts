import type { Decision } from '../decision.ts'
import type { Failure, Hook } from '../sandbox/sandbox.ts'

/** What came of asking a router, with its look-ups done. */
export interface Verdict {
  readonly outcome: Outcome
  /** CPU time in microseconds, all questions of this decision together. */
  readonly cpu: number
  readonly lookups: readonly LookupMade[]
  /** What the router logged. */
  readonly log: readonly string[]
}

export type Outcome = Decision | FailedOutcome

export interface FailedOutcome {
  readonly kind: 'failed'
  readonly failure: Failure | 'lookup'
  readonly message: string
  /** `file:line:column` of the author's, where that is known. */
  readonly at: string | undefined
  /** The lines round that place; may be empty. */
  readonly frame: string
}

export interface LookupMade {
  readonly table: string
  readonly key: string
  /** `null` when the table does not have the key. */
  readonly value: string | null
}

/** One question as a test puts it: look-ups are answered from `tables`. */
export interface Inquiry {
  readonly hook: Hook
  readonly bytes: Uint8Array
  readonly final: boolean
  readonly client: { readonly address: string; readonly port: number }
  readonly local: { readonly address: string; readonly port: number }
  readonly listener: string
  readonly now: number
  readonly event?: Readonly<Record<string, unknown>> | undefined
  readonly tables: Tables
}

/** Where values come from. */
export interface Tables {
  /** The value of `key`, `null` when the table does not have it, `undefined` when there is no such table. */
  get(table: string, key: string): string | null | undefined
}
