import { performance } from 'node:perf_hooks'
import type { CloseDecision, ForwardDecision, WaitDecision } from 'router-sdk/decision'
import type { Hook } from 'router-sdk/sandbox'
import type { Connection } from '../transport/transport.ts'
import type { RecordKeeper } from './access-record.ts'
import type { WarmVersion } from './active-routers.ts'
import type { Decided, Outcome, Undecided } from './decide.ts'
import type { Preread } from './preread.ts'
import type { Tape } from './recorder.ts'
import type { SessionContext } from './session-context.ts'

/** What is to become of the connection, as its router has it. */
export type Verdict = WaitDecision | ForwardDecision | CloseDecision | NoVerdict

/** The router gave no answer that can be followed; `answer` is what was fixed for this when it was loaded. */
export interface NoVerdict {
  readonly kind: 'failed'
  readonly failure: Undecided['failure']
  readonly answer: ForwardDecision | CloseDecision | undefined
}

/**
 * What the router of one connection is asked and answers, noted in the connection's record. It knows the router by name only:
 * each question is answered by the version that is active then.
 */
export class Dialogue {
  readonly #context: SessionContext
  readonly #client: Connection
  readonly #listener: string
  readonly #preread: Preread
  readonly #record: RecordKeeper
  #router: string | undefined
  #tape: Tape | undefined

  constructor(context: SessionContext, client: Connection, listener: string, preread: Preread, record: RecordKeeper) {
    this.#context = context
    this.#client = client
    this.#listener = listener
    this.#preread = preread
    this.#record = record
  }

  /** `undefined` before one is chosen, and where none is. */
  get router(): string | undefined {
    return this.#router
  }

  /** From here on the connection is this router's. `id` is the connection's. */
  begin(router: string, id: string): void {
    this.#router = router
    const { remote: client, local } = this.#client
    this.#tape = this.#context.recorder()?.begin({ id, router, listener: this.#listener, client, local })
  }

  /** Whether the router answers to `hook` now. */
  has(hook: Hook): boolean {
    const version = this.#router === undefined ? undefined : this.#context.routers.get(this.#router)
    return version?.description.hooks.includes(hook) ?? false
  }

  /**
   * `heard` is called once and later, also when the client has left meanwhile; `final` says that it was the last question about
   * what was read.
   */
  ask(hook: Hook, event: Record<string, unknown> | undefined, heard: (verdict: Verdict, final: boolean) => void): void {
    this.#record.questions += 1
    const bytes = this.#preread.show()
    const final = this.#preread.last !== undefined && hook === 'route'
    const { remote: client, local } = this.#client
    const known = { final, client, local, listener: this.#listener, now: Date.now() }
    const facts = event === undefined ? known : { ...known, event }
    const inquiry = { router: this.#router ?? '', hook, bytes, facts }
    const asked = performance.now()
    this.#context.decider.decide(inquiry, (outcome) => {
      this.#tape?.question(inquiry, outcome)
      this.#preread.answered()
      this.#record.decisionMs += performance.now() - asked
      heard(this.#verdict(hook, final, outcome), final)
    })
  }

  end(): void {
    this.#tape?.end()
  }

  #verdict(hook: Hook, final: boolean, outcome: Outcome): Verdict {
    if (outcome.kind === 'undecided') return this.#failed(outcome)
    const { decision, version, lookups } = outcome
    for (const table in lookups) this.#record.lookups += Object.keys(lookups[table] ?? {}).length
    const wrong = whatIsWrong(hook, outcome)
    if (wrong !== undefined)
      return this.#failed({
        kind: 'undecided',
        version,
        failure: 'bad-answer',
        message: wrong,
        position: undefined,
        lookups: {},
      })
    if (decision.kind !== 'wait' || final) this.#note(version)
    return decision
  }

  /** A second failure of one connection has no answer: the one that is fixed has been tried. */
  #failed(undecided: Undecided): NoVerdict {
    const { failure, version } = undecided
    const again = this.#record.failure !== undefined
    this.#record.failure = failure
    this.#context.routerFailed(this.#router ?? '', undecided)
    if (version !== undefined) this.#note(version)
    return { kind: 'failed', failure, answer: again ? undefined : version?.description.failure }
  }

  #note({ about }: WarmVersion): void {
    this.#record.version = about.number
    this.#record.bundle = about.bundle
  }
}

/** Why an answer, good in itself, is none to this question. */
function whatIsWrong(hook: Hook, { decision, version }: Decided): string | undefined {
  if (decision.kind === 'forward' && hook === 'onInactivity')
    return 'onInactivity answered remote: the upstream has been sent what was read'
  if (decision.kind !== 'wait') return undefined
  if (hook === 'onConnectError' || hook === 'onInactivity') return `${hook} answered noop`
  return version.description.hooks.includes('route') ? undefined : 'onConnect waits, and there is no route'
}
