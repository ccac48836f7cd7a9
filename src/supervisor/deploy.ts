import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { CompiledRouter } from 'router-sdk/compile'
import { CompileFailure } from 'router-sdk/diagnostics'
import { Turns, type TurnsOptions } from 'router-sdk/turns'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import { tenantOf } from '../tenants/policy.ts'
import { type Account, accountOf } from './account.ts'
import type { Compiler } from './compiler.ts'
import { requestOf } from './compiling.ts'
import { InService } from './in-service.ts'
import { loadLimitWords } from './load-limit.ts'
import { PortRefused, type Ports } from './ports.ts'
import type { FirstDecisions } from './probation.ts'
import { Retries } from './retries.ts'
import type { RouterState, ServedAt, Slot } from './slot.ts'
import { Slots } from './slots.ts'
import type { RouterSource, RouterStore } from './store.ts'
import type { Phases } from './swap.ts'
import { OneTooMany, TenantAllowance } from './tenant-allowance.ts'
import type { Workers } from './workers.ts'

/**
 * Tenants that save often have a quarter of the time of one place for each eight processors, all together: saving all the time is
 * nobody's need, and what it takes of the machine is their neighbours' to wait for.
 */
const OFTEN = { atOnce: Math.ceil(availableParallelism() / 8), rest: 3, binds: (tenant: string) => tenant !== '' }
/** Deployments, of which most is work of one processor; one place is for tenants that save seldom. */
const SAVES: TurnsOptions = { atOnce: availableParallelism() + 2, ofOne: 2, kept: 1, often: OFTEN }
/** A start takes many: their types are then checked together. */
const START: TurnsOptions = { atOnce: 80, ofOne: 20 }
const MOST_OVERTAKEN = 3

export interface DeployerOptions {
  readonly store: RouterStore
  readonly workers: Workers
  readonly compiler: Pick<Compiler, 'compile'>
  readonly ports: Ports
  readonly log: Log['log']
  readonly nextId: () => number
  readonly settings: Settings
}

/** Thrown between the steps of a deployment that a newer change has overtaken. */
class Overtaken extends Error {}

/**
 * Takes routers from source to service when it is their turn: one deployment at a time for each router, and a newer change
 * overtakes an older one. Whatever fails leaves what was served before.
 */
export class Deployer {
  readonly #options: DeployerOptions
  readonly #slots = new Slots()
  readonly #service: InService
  readonly #allowance: TenantAllowance
  readonly #retries = new Retries((router) => this.#deployAgain([this.#slots.of(router).source]))
  /** Until the first routers are served. */
  #starting = true
  #turns = new Turns(START)
  #settings: Settings

  constructor(options: DeployerOptions) {
    const { settings, log } = options
    this.#options = options
    this.#settings = settings
    this.#allowance = new TenantAllowance(settings, (bite) => log.warn(bite, 'a limit was reached'))
    this.#service = new InService({ ...options, freed: (router) => this.#deployAgain(this.#slots.blockedBy(router)) })
  }

  /** How often the limits of tenants bit that hold before a router serves. */
  get limited(): TenantAllowance['limited'] {
    return this.#allowance.limited
  }

  /** Routers that are served, with their addresses. */
  get served(): ServedAt[] {
    return this.#slots.served.flatMap((router) => {
      const listen = this.#options.ports.get(router)
      return listen === undefined ? [] : [{ router, listen }]
    })
  }

  /** Why the last change of each router that failed was refused. */
  get failures(): { router: string; account: Account }[] {
    return this.#slots.failures
  }

  /** Every router that there is a file for, or that is served. */
  get routers(): RouterState[] {
    return this.#slots.states
  }

  /** Tries again what was refused or rolled back of a tenant. */
  release(tenant: string): void {
    this.#deployAgain(this.#slots.refusedOf(tenant))
  }

  /**
   * New limits hold for the deployments that begin after this; routers that were refused are tried again. Those that have a
   * port or a host name that is not allowed any more are retired.
   */
  configure(settings: Settings): void {
    this.#settings = settings
    this.#allowance.configure(settings)
    this.#service.configure(settings)
    for (const [router, slot] of this.#slots.all) {
      const { source, failure, running, rolledBack } = slot
      slot.stale = this.#service.isStale(router, slot)
      const refused = failure !== undefined && !rolledBack
      const due = refused || running !== undefined || this.#options.ports.refusal(router, settings) !== undefined
      if (due && source !== undefined) void this.deploy(source, 0)
      else if (slot.stale) void this.#run(router, slot)
    }
  }

  /** All that was there at the start has been tried: what comes from now on comes one by one. */
  started(): void {
    this.#starting = false
    this.#turns = new Turns(SAVES)
  }

  /** What a worker counted of versions that are new in service. */
  firstDecisions(worker: number, counts: readonly FirstDecisions[]): void {
    for (const said of counts) {
      const verdict = this.#service.judge(worker, said)
      if (verdict.kind === 'open') continue
      const [router, slot] = this.#slots.serving(said.id) ?? []
      if (router === undefined || slot === undefined) continue
      if (verdict.kind === 'good') slot.before = undefined
      else slot.failing = verdict.sum
      void this.#run(router, slot)
    }
  }

  /** A router is new or changed. Resolves, never rejects, when no deployment of it runs or waits. */
  deploy(source: RouterSource, settle: number): Promise<void> {
    const slot = this.#slots.of(source.router)
    slot.source = source
    slot.next = { settle }
    return this.#run(source.router, slot)
  }

  /** A router's file is gone: its listener closes, its connections live on. */
  remove(router: string): Promise<void> {
    const slot = this.#slots.of(router)
    slot.source = undefined
    slot.next = { settle: 0 }
    return this.#run(router, slot)
  }

  tables(source: RouterSource): void {
    const slot = this.#slots.of(source.router)
    slot.source = source
    if (slot.failure !== undefined && !slot.rolledBack) void this.deploy(source, 0)
    else this.#options.workers.tables(source.router, source.tables)
    this.#options.log.info({ router: source.router, tables: Object.keys(source.tables) }, 'router tables changed')
  }

  /** Nothing that failed is tried again. */
  close(): void {
    this.#retries.close()
  }

  #deployAgain(sources: readonly (RouterSource | undefined)[]): void {
    for (const source of sources) if (source !== undefined) void this.deploy(source, 0)
  }

  #run(router: string, slot: Slot): Promise<void> {
    slot.running ??= this.#runAll(router, slot).finally(() => {
      slot.running = undefined
      this.#slots.tidy(router)
    })
    return slot.running
  }

  async #runAll(router: string, slot: Slot): Promise<void> {
    while (slot.failing !== undefined || slot.next !== undefined || slot.stale) {
      const { failing, next } = slot
      slot.failing = undefined
      if (failing !== undefined) await this.#service.rollBack(router, slot, failing)
      else if (next === undefined) await this.#turns.take(tenantOf(router), () => this.#service.renew(router, slot))
      else if (slot.source !== undefined) {
        const tenant = tenantOf(router)
        if (!this.#starting) await this.#allowance.turn(tenant)
        await this.#turns.take(tenant, () => this.#attempt(router, slot, next.settle))
      } else this.#gone(router, slot)
    }
  }

  #gone(router: string, slot: Slot): void {
    slot.next = undefined
    this.#retries.forget(router)
    this.#service.retire(router, slot)
    const tenant = tenantOf(router)
    this.#deployAgain(this.#slots.oneTooManyOf(tenant))
    if (!this.#slots.has(tenant)) this.#allowance.gone(tenant)
  }

  /** One deployment of the newest source; reports how it ended in one line. */
  async #attempt(router: string, slot: Slot, settle: number): Promise<void> {
    const { source } = slot
    if (source === undefined) return this.#gone(router, slot)
    slot.next = undefined
    const started = performance.now()
    const ms: Phases = { settle }
    let compiled: CompiledRouter | undefined
    const forbidden = this.#options.ports.refusal(router, this.#settings)
    if (forbidden !== undefined) this.#service.retire(router, slot, forbidden)
    try {
      this.#refuseOneTooMany(router, slot)
      compiled = await this.#compile(source, slot, ms)
      if (compiled.hash === slot.active?.bundle) this.#service.keep(source, slot, compiled.hash)
      else
        await this.#service.take(slot.source ?? source, slot, compiled, {
          ms,
          started,
          warmed: () => assertNewest(slot),
        })
      slot.overtaken = 0
      this.#retries.forget(router)
    } catch (error) {
      if (error instanceof Overtaken) slot.overtaken++
      else this.#refuse(router, slot, error, compiled?.sourceMap)
    }
  }

  #refuseOneTooMany(router: string, slot: Slot): void {
    const refusal = this.#allowance.refusal(router, this.#slots.servedBeside(router))
    slot.oneTooMany = refusal !== undefined
    if (refusal !== undefined) throw new OneTooMany(refusal)
  }

  async #compile(source: RouterSource, slot: Slot, ms: Phases): Promise<CompiledRouter> {
    const { store, compiler } = this.#options
    const { router } = source
    store.dependsOn(router, undefined)
    const started = performance.now()
    try {
      const compiled = await compiler.compile(requestOf(source, this.#settings, this.#starting))
      store.dependsOn(router, compiled.inputs)
      Object.assign(ms, compiled.ms)
      return compiled
    } catch (error) {
      if (error instanceof CompileFailure) store.dependsOn(router, error.inputs)
      throw error
    } finally {
      if (!this.#starting) this.#allowance.compiled(tenantOf(router), performance.now() - started)
      assertNewest(slot)
    }
  }

  #refuse(router: string, slot: Slot, error: unknown, sourceMap: string | undefined): void {
    const plain = accountOf(error, router, sourceMap)
    const account = { ...plain, reason: plain.reason + loadLimitWords(error, router, this.#settings) }
    slot.failure = account
    slot.rolledBack = false
    slot.blockedBy = error instanceof PortRefused ? error.holder : undefined
    const serving = slot.active === undefined ? 'nothing' : `version ${slot.active.number}`
    const again = this.#retries.after(router, error)
    this.#options.log.error({ router, ...account, serving, ...(again && { again }) }, 'router refused')
  }
}

/** A router that is saved all the time is deployed now and then all the same. */
function assertNewest(slot: Slot): void {
  if (slot.next !== undefined && slot.overtaken < MOST_OVERTAKEN) throw new Overtaken()
}
