import { performance } from 'node:perf_hooks'
import type { CompiledRouter } from 'router-sdk/compile'
import type { SandboxVersion } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import { sandboxVersion } from '../tenants/sandbox-version.ts'
import type { BoundListen } from '../worker/messages.ts'
import { accountOf, failingAccount } from './account.ts'
import type { Compiled } from './compiling.ts'
import { addressText, type Ports } from './ports.ts'
import { type FirstDecisions, Probation, type Verdict } from './probation.ts'
import type { Served, Slot } from './slot.ts'
import type { RouterSource } from './store.ts'
import { type Phases, rounded, swap } from './swap.ts'
import type { Deployment } from './worker-versions.ts'
import type { Workers } from './workers.ts'

export interface InServiceOptions {
  readonly workers: Workers
  readonly ports: Ports
  readonly log: Log['log']
  readonly nextId: () => number
  readonly settings: Settings
  /** Some of what a router listened on is free now. */
  readonly freed: (router: string) => void
}

/** How a compiled version is taken into service. */
export interface Taking {
  /** What was spent until now; goes on to be filled in. */
  readonly ms: Phases
  /** When its deployment was begun, on the clock of `performance.now()`. */
  readonly started: number
  /** Called when every worker has it; what it throws keeps it from being served. */
  readonly warmed: () => void
}

/**
 * What workers serve of each router: a new version in the place of an old one, the old one again, or nothing. What it does it
 * notes in the router's slot and in the log.
 */
export class InService {
  readonly #options: InServiceOptions
  readonly #probation = new Probation()
  #settings: Settings

  constructor(options: InServiceOptions) {
    this.#options = options
    this.#settings = options.settings
  }

  /** New limits hold for what is taken into service after this. */
  configure(settings: Settings): void {
    this.#settings = settings
  }

  /** What a worker counted of a version that is new in service, and what follows from it. */
  judge(worker: number, said: FirstDecisions): Verdict {
    return this.#probation.count(worker, said, this.#settings.rollback)
  }

  /** Whether what is served of a router has other limits, or other company, than it is to have. */
  isStale(router: string, { active }: Slot): boolean {
    return active !== undefined && active.terms !== termsOf(sandboxVersion(this.#settings, { id: 0, router, code: '' }))
  }

  /** Serves a new version. Rejects with why that cannot be; then what was served is. */
  async take(source: RouterSource, slot: Slot, compiled: CompiledRouter, taking: Taking): Promise<void> {
    const { ms, started, warmed } = taking
    const number = slot.versions + 1
    const deployment = this.#deployment(source, slot, compiled, number)
    const { router } = source
    const { listen, givesBack } = await swap(deployment, { ...this.#options, settings: this.#settings, ms, warmed })
    slot.before = slot.active
    if (deployment.watch !== undefined) this.#probation.watch(deployment.version.id)
    this.#nowServed(slot, deployment, compiled)
    Object.assign(slot, { versions: number, failure: undefined, rolledBack: false, blockedBy: undefined })
    const total = (ms.settle ?? 0) + performance.now() - started
    const facts = { router, version: number, bundle: compiled.hash, ...listenFacts(listen) }
    this.#options.log.info({ ...facts, ms: rounded({ ...ms, total }) }, 'router active')
    if (givesBack) this.#options.freed(router)
  }

  /** The old code is served and the new is the same: a comment changed, or a broken save was taken back. */
  keep({ router, tables }: RouterSource, slot: Slot, bundle: string): void {
    Object.assign(slot, { failure: undefined, rolledBack: false, blockedBy: undefined })
    this.#options.workers.tables(router, tables)
    this.#options.log.info({ router, version: slot.active?.number, bundle }, 'router unchanged')
  }

  /** A version whose first decisions fail goes back to the one that served before; where that cannot be had it stays. */
  async rollBack(router: string, slot: Slot, failing: FirstDecisions): Promise<void> {
    const { active, before, source } = slot
    if (active?.id !== failing.id || before === undefined || source === undefined) return
    const { log } = this.#options
    slot.before = undefined
    const account = failingAccount(failing, before.number, router, active.compiled.sourceMap)
    const facts = { router, from: active.number, to: before.number, ...account }
    try {
      const listen = await this.#serveAgain(source, slot, before)
      Object.assign(slot, { failure: account, rolledBack: true })
      log.error({ ...facts, bundle: before.bundle, ...listenFacts(listen) }, 'router rolled back')
    } catch (error) {
      const { reason } = accountOf(error, router, before.compiled.sourceMap)
      log.error({ ...facts, but: reason }, 'router not rolled back')
    }
  }

  /** What is served is loaded anew, with the limits that hold now. */
  async renew(router: string, slot: Slot): Promise<void> {
    slot.stale = false
    const { active, source } = slot
    if (active === undefined || source === undefined) return
    const { log } = this.#options
    try {
      await this.#serveAgain(source, slot, active)
      log.info({ router, version: active.number }, 'router has new limits')
    } catch (error) {
      const { reason } = accountOf(error, router, active.compiled.sourceMap)
      log.error({ router, version: active.number, reason }, 'router keeps its old limits')
    }
  }

  /** Serves nothing of a router any more. */
  retire(router: string, slot: Slot, reason?: string): void {
    const listen = this.#options.ports.get(router)
    const { active } = slot
    const nothing = { active: undefined, before: undefined, failure: undefined, blockedBy: undefined }
    Object.assign(slot, { ...nothing, rolledBack: false, stale: false })
    // One that never served may have tables.
    this.#options.workers.retire(router)
    if (active === undefined) return
    this.#probation.forget(active.id)
    this.#options.ports.release(router)
    const facts = { ...(listen && listenFacts(listen)), ...(reason === undefined ? {} : { reason }) }
    this.#options.log.info({ router, version: active.number, ...facts }, 'router retired')
    this.#options.freed(router)
  }

  /** Serves a version that was served before, under its number. */
  async #serveAgain(source: RouterSource, slot: Slot, version: Served): Promise<BoundListen> {
    const { number, compiled } = version
    const { watch: _none, ...deployment } = this.#deployment(source, slot, compiled, number)
    const { listen, givesBack } = await swap(deployment, { ...this.#options, settings: this.#settings, ms: {} })
    this.#nowServed(slot, deployment, compiled)
    if (givesBack) this.#options.freed(source.router)
    return listen
  }

  #deployment({ router, tables }: RouterSource, slot: Slot, compiled: Compiled, number: number): Deployment {
    const { code, hash, sourceMap } = compiled
    const { decisions } = this.#settings.rollback
    const watched = slot.active !== undefined && decisions > 0
    return {
      version: sandboxVersion(this.#settings, { id: this.#options.nextId(), router, code }),
      about: { number, bundle: hash, sourceMap },
      tables,
      ...(watched ? { watch: decisions } : {}),
    }
  }

  #nowServed(slot: Slot, { version, about, tables }: Deployment, { code, hash, sourceMap }: Compiled): void {
    const { id, router } = version
    if (slot.active !== undefined) this.#probation.forget(slot.active.id)
    const served = { id, number: about.number, bundle: hash, compiled: { code, hash, sourceMap } }
    slot.active = { ...served, terms: termsOf(version) }
    slot.stale = false
    const newest = slot.source?.tables ?? tables
    if (newest !== tables) this.#options.workers.tables(router, newest)
  }
}

/** Whom a version shares hosts with, and its limits. */
function termsOf(version: SandboxVersion): string {
  return JSON.stringify({ ...version, id: 0, code: '' })
}

function listenFacts(listen: BoundListen): { listen: string; hosts?: readonly string[] } {
  return { listen: addressText(listen), ...(listen.hosts && { hosts: listen.hosts }) }
}
