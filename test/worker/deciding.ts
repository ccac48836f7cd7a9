import type { Question, Sandbox } from 'router-sdk/sandbox'
import { DirectSandbox } from '../../sdk/src/sandbox/direct-sandbox.ts'
import type { Lookup } from '../../src/lookup/lookup.ts'
import { ActiveRouters } from '../../src/worker/active-routers.ts'
import { Decider, type Inquiry, type Outcome } from '../../src/worker/decide.ts'
import { Memo } from '../../src/worker/memo.ts'
import { question, version } from '../sandbox/sandboxes.ts'

export const ROUTER = 'acme/r'
export const CORDON = 'untrusted'

/** A worker's way to a decision, without a worker: two deciders that differ in nothing but that one of them remembers. */
export class Deciding implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly memo: Memo
  readonly routers = new ActiveRouters()
  readonly logged: string[] = []
  /** Values by key, of the one table there is. */
  table: Record<string, string> = {}
  /** Questions that reached the sandbox, and look-ups. */
  asked = 0
  fetched = 0
  /** Called before a look-up is answered, and before a question is asked. */
  between = (): void => {}
  readonly #remembering: Decider
  readonly #asking: Decider
  #lastId = 0

  constructor(bytes: () => number = () => 1_000_000, sandbox: Sandbox = new DirectSandbox()) {
    this.sandbox = sandbox
    this.memo = new Memo(bytes)
    const lookup: Lookup = {
      get: (_router, table, key, answered) => {
        this.fetched += 1
        const value = Object.hasOwn(this.table, key) ? (this.table[key] ?? null) : null
        setImmediate(() => {
          this.between()
          answered(table === 't' ? value : new Error(`there is no table ${table}`))
        })
      },
    }
    const options = {
      sandbox: this.#counted(),
      lookup,
      routers: this.routers,
      logged: (_version: unknown, lines: readonly string[]) => void this.logged.push(...lines),
    }
    this.#remembering = new Decider({ ...options, memo: this.memo })
    this.#asking = new Decider(options)
  }

  /** Loads a version and makes it the one that serves, as a worker does. */
  async serve(code: string): Promise<number> {
    const id = ++this.#lastId
    const loaded = version(id, code, { router: ROUTER, tenant: 'acme', cordon: CORDON })
    const description = await this.sandbox.load(loaded)
    this.routers.warmed({ id, router: ROUTER, about: { number: id, bundle: '', sourceMap: '' }, description })
    if (description.memo) this.memo.add(loaded)
    const replaced = this.routers.activate(id)
    if (replaced !== undefined) this.unload(replaced.id)
    return id
  }

  unload(id: number): void {
    this.memo.remove(id)
    this.sandbox.unload(id)
  }

  setTable(table: Record<string, string>): void {
    this.table = table
    this.memo.forgetRouter(ROUTER)
  }

  /** Decided with what is remembered. */
  decide(inquiry: Inquiry): Promise<Outcome> {
    return new Promise((resolve) => this.#remembering.decide(inquiry, resolve))
  }

  /** Decided by asking. */
  ask(inquiry: Inquiry): Promise<Outcome> {
    return new Promise((resolve) => this.#asking.decide(inquiry, resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.close()
  }

  #counted(): Sandbox {
    const { sandbox } = this
    return {
      load: (loaded) => sandbox.load(loaded),
      unload: (id) => sandbox.unload(id),
      measure: (id) => sandbox.measure(id),
      close: () => sandbox.close(),
      ask: (id, asked, answered) => {
        this.asked += 1
        sandbox.ask(id, asked, (reply) => {
          this.between()
          answered(reply)
        })
      },
    }
  }
}

export function inquiry(
  text = 'x',
  more: Partial<Omit<Question['facts'], 'lookups'>> = {},
  hook: Question['hook'] = 'route',
): Inquiry {
  const { facts } = question(text, more, hook)
  const { lookups: _none, ...asked } = facts
  return { router: ROUTER, hook, bytes: Buffer.from(text, 'latin1'), facts: asked }
}

/** What a client can notice of an outcome. */
export function noticed(outcome: Outcome): unknown {
  const { lookups } = outcome
  if (outcome.kind === 'decided') return { decision: outcome.decision, lookups }
  const { failure, message } = outcome
  return { failure, message, lookups }
}
