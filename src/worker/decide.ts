import type { Decision } from 'router-sdk/decision'
import type { Facts, Failed, Failure, Hook, Position, Sandbox } from 'router-sdk/sandbox'
import type { Lookup } from '../lookup/lookup.ts'
import type { ActiveRouters, WarmVersion } from './active-routers.ts'

/** What came of asking a router. */
export type Outcome = Decided | Undecided

export interface Decided {
  readonly kind: 'decided'
  readonly version: WarmVersion
  readonly decision: Decision
  /** What it looked up, and was given. */
  readonly lookups: Facts['lookups']
}

export interface Undecided {
  readonly kind: 'undecided'
  /** The version that failed; `undefined` when the router serves no more. */
  readonly version: WarmVersion | undefined
  readonly failure: Failure | 'lookup'
  readonly message: string
  readonly position: Position | undefined
  readonly lookups: Facts['lookups']
}

/** A question about one connection, before look-ups. */
export interface Inquiry {
  readonly router: string
  readonly hook: Hook
  readonly bytes: Uint8Array
  readonly facts: Omit<Facts, 'lookups'>
}

export interface DeciderOptions {
  readonly sandbox: Sandbox
  readonly lookup: Lookup
  readonly routers: ActiveRouters
  /** What a router wrote with `conn.log`. */
  readonly logged: (version: WarmVersion, lines: readonly string[]) => void
  /** Told of every outcome, also of those that nobody waits for any more. */
  readonly made?: (outcome: Outcome) => void
}

const MAX_LOOKUPS = 16
/** Versions that one decision may be begun with: a swap during a look-up starts it again, a storm of them ends it. */
const MAX_VERSIONS = 5

/**
 * Asks the active version of a router, fetching what it looks up: a decision that needs a value is suspended by the host, and
 * asked again from its start with the value among its facts.
 */
export class Decider {
  readonly #options: DeciderOptions

  constructor(options: DeciderOptions) {
    this.#options = options
  }

  /** `done` is called exactly once, never before this returns. */
  decide(inquiry: Inquiry, done: (outcome: Outcome) => void): void {
    this.#begin(inquiry, 1, (outcome) => {
      this.#options.made?.(outcome)
      done(outcome)
    })
  }

  #begin(inquiry: Inquiry, versions: number, done: (outcome: Outcome) => void): void {
    const version = this.#options.routers.get(inquiry.router)
    if (version === undefined) process.nextTick(done, undecided(undefined, 'unavailable', 'the router serves no more'))
    else this.#ask(inquiry, version, versions, 0, {}, done)
  }

  #ask(
    inquiry: Inquiry,
    version: WarmVersion,
    versions: number,
    fetched: number,
    lookups: Record<string, Record<string, string | null>>,
    done: (outcome: Outcome) => void,
  ): void {
    const { hook, bytes, facts } = inquiry
    this.#options.sandbox.ask(version.id, { hook, bytes, facts: { ...facts, lookups } }, (reply) => {
      if (reply.log.length > 0) this.#options.logged(version, reply.log)
      switch (reply.kind) {
        case 'answered':
          return done({ kind: 'decided', version, decision: reply.decision, lookups })
        case 'failed':
          if (this.#swappedAway(version, reply) && versions < MAX_VERSIONS)
            return this.#begin(inquiry, versions + 1, done)
          return done({ ...undecided(version, reply.failure, reply.message), position: reply.position, lookups })
        case 'lookup': {
          const { table, key } = reply
          if (fetched === MAX_LOOKUPS)
            return done(undecided(version, 'bad-answer', `more than ${MAX_LOOKUPS} look-ups in one decision`))
          return this.#options.lookup.get(inquiry.router, table, key, (value) => {
            if (value instanceof Error) return done(undecided(version, 'lookup', value.message))
            const values = { ...lookups, [table]: { ...lookups[table], [key]: value } }
            this.#ask(inquiry, version, versions, fetched + 1, values, done)
          })
        }
        default:
          return reply satisfies never
      }
    })
  }

  /** Between two questions of one decision its version may be replaced and unloaded. */
  #swappedAway(version: WarmVersion, reply: Failed): boolean {
    return reply.failure === 'unavailable' && this.#options.routers.get(version.router)?.id !== version.id
  }
}

function undecided(version: WarmVersion | undefined, failure: Undecided['failure'], message: string): Undecided {
  return { kind: 'undecided', version, failure, message, position: undefined, lookups: {} }
}
