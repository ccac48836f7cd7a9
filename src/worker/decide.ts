import type { Decision } from 'router-sdk/decision'
import type { Answered, Facts, Failed, Failure, Hook, NeedsLookup, Position, Reply, Sandbox } from 'router-sdk/sandbox'
import type { Lookup } from '../lookup/lookup.ts'
import type { ActiveRouters, WarmVersion } from './active-routers.ts'
import type { Memo, VersionMemo } from './memo.ts'

/** What came of asking a router. */
export type Outcome = Decided | Undecided

export interface Decided {
  readonly kind: 'decided'
  readonly version: WarmVersion
  readonly decision: Decision
  /** What it looked up, and was given. */
  readonly lookups: Facts['lookups']
  /** Nobody was asked: an earlier question agrees with this one in all that its decision read. */
  readonly remembered: boolean
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
  readonly bytes: Buffer
  readonly facts: Omit<Facts, 'lookups'>
}

export interface DeciderOptions {
  readonly sandbox: Sandbox
  readonly lookup: Lookup
  readonly routers: ActiveRouters
  /** Decisions that need not be asked for again; without it each is. */
  readonly memo?: Memo
  /** What a router wrote with `conn.log`. */
  readonly logged: (version: WarmVersion, lines: readonly string[]) => void
  /** Told of every outcome, also of those that nobody waits for any more. */
  readonly made?: (outcome: Outcome) => void
}

const MAX_LOOKUPS = 16
/** Versions that one decision may be begun with: a swap during a look-up starts it again, a storm of them ends it. */
const MAX_VERSIONS = 5

/** Asks the active versions of routers. */
export class Decider {
  readonly #options: DeciderOptions

  constructor(options: DeciderOptions) {
    this.#options = options
  }

  /** `done` is called exactly once, never before this returns. */
  decide(inquiry: Inquiry, done: (outcome: Outcome) => void): void {
    new Deciding(this.#options, inquiry, done).begin()
  }
}

/**
 * One decision on its way. What a router looks up is fetched: a decision that needs a value is suspended by the host, and asked again from
 * its start with the value among its facts.
 */
class Deciding {
  readonly #options: DeciderOptions
  readonly #inquiry: Inquiry
  readonly #done: (outcome: Outcome) => void
  #begun = 0
  #lookups: Record<string, Record<string, string | null>> = {}
  #fetched = 0
  /** Which facts its questions read, and whether one of them logged. */
  #read = 0
  #logged = false

  constructor(options: DeciderOptions, inquiry: Inquiry, done: (outcome: Outcome) => void) {
    this.#options = options
    this.#inquiry = inquiry
    this.#done = done
  }

  begin(): void {
    const version = this.#options.routers.get(this.#inquiry.router)
    if (version === undefined) {
      process.nextTick(() => this.#end(undecided(undefined, 'unavailable', 'the router serves no more')))
      return
    }
    const memo = this.#options.memo?.of(version.id)
    const known = memo?.find(this.#inquiry)
    if (known !== undefined) {
      const { decision, lookups } = known
      process.nextTick(() => this.#end({ kind: 'decided', version, decision, lookups, remembered: true }))
      return
    }
    this.#begun += 1
    this.#fetched = 0
    this.#lookups = {}
    this.#read = 0
    this.#logged = false
    this.#ask(version, memo)
  }

  #ask(version: WarmVersion, memo: VersionMemo | undefined): void {
    const { hook, bytes, facts } = this.#inquiry
    const question = { hook, bytes, facts: { ...facts, lookups: this.#lookups } }
    this.#options.sandbox.ask(version.id, question, (reply) => this.#replied(version, memo, reply))
  }

  #replied(version: WarmVersion, memo: VersionMemo | undefined, reply: Reply): void {
    if (reply.log.length > 0) {
      this.#logged = true
      this.#options.logged(version, reply.log)
    }
    switch (reply.kind) {
      case 'answered':
        return this.#answered(version, memo, reply)
      case 'failed':
        if (this.#swappedAway(version, reply) && this.#begun < MAX_VERSIONS) return this.begin()
        return this.#end({
          ...undecided(version, reply.failure, reply.message),
          position: reply.position,
          lookups: this.#lookups,
        })
      case 'lookup':
        this.#read |= reply.read
        return this.#fetch(version, memo, reply)
      default:
        return reply satisfies never
    }
  }

  #answered(version: WarmVersion, memo: VersionMemo | undefined, { decision, read }: Answered): void {
    const lookups = this.#lookups
    // Each line of its log is of one connection.
    if (!this.#logged) memo?.keep(this.#inquiry, this.#read | read, { decision, lookups })
    this.#end({ kind: 'decided', version, decision, lookups, remembered: false })
  }

  #fetch(version: WarmVersion, memo: VersionMemo | undefined, { table, key }: NeedsLookup): void {
    if (this.#fetched === MAX_LOOKUPS)
      return this.#end(undecided(version, 'bad-answer', `more than ${MAX_LOOKUPS} look-ups in one decision`))
    this.#fetched += 1
    this.#options.lookup.get(this.#inquiry.router, table, key, (value) => {
      if (value instanceof Error) return this.#end(undecided(version, 'lookup', value.message))
      this.#lookups = { ...this.#lookups, [table]: { ...this.#lookups[table], [key]: value } }
      this.#ask(version, memo)
    })
  }

  /** Between two questions of one decision its version may be replaced and unloaded. */
  #swappedAway(version: WarmVersion, reply: Failed): boolean {
    return reply.failure === 'unavailable' && this.#options.routers.get(version.router)?.id !== version.id
  }

  #end(outcome: Outcome): void {
    this.#options.made?.(outcome)
    this.#done(outcome)
  }
}

function undecided(version: WarmVersion | undefined, failure: Undecided['failure'], message: string): Undecided {
  return { kind: 'undecided', version, failure, message, position: undefined, lookups: {} }
}
