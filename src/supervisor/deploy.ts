import { availableParallelism } from 'node:os'
import { type CompiledRouter, CompileFailure } from 'router-sdk/compile'
import { Turns, type TurnsOptions } from 'router-sdk/turns'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import { tenantOf } from '../tenants/policy.ts'
import { sandboxVersion } from '../tenants/sandbox-version.ts'
import type { BoundListen } from '../worker/messages.ts'
import { type Account, accountOf, failingAccount } from './account.ts'
import { type Compiled, compileSource } from './compiling.ts'
import { loadLimitWords } from './load-limit.ts'
import { addressText, PortRefused, type Ports } from './ports.ts'
import { type FirstDecisions, Probation } from './probation.ts'
import { emptySlot, type RouterState, type Served, type ServedAt, type Slot } from './slot.ts'
import type { RouterSource, RouterStore } from './store.ts'
import { type Phases, rounded, swap } from './swap.ts'
import { OneTooMany, TenantAllowance } from './tenant-allowance.ts'
import type { Deployment, Workers } from './workers.ts'

export type { RouterState } from './slot.ts'

/** Deployments, of which most is work of one processor; one place is for tenants that save seldom. */
const SAVES: TurnsOptions = { atOnce: availableParallelism() + 2, ofOne: 2, kept: 1 }
/** A start takes many: their types are then checked together. */
const START: TurnsOptions = { atOnce: 80, ofOne: 20 }
const MOST_OVERTAKEN = 3

export interface DeployerOptions {
  readonly store: RouterStore
  readonly workers: Workers
  readonly ports: Ports
  readonly log: Log['log']
  readonly nextId: () => number
  readonly settings: Settings
}

/** Thrown between the steps of a deployment that a newer change has overtaken. */
class Overtaken extends Error {}

/**
 * Takes routers from source to service: compile, warm in every worker, claim the address, switch. One deployment at a time for
 * each router, and a newer change overtakes an older one. Whatever fails leaves what was served before.
 */
export class Deployer {
  readonly #options: DeployerOptions
  readonly #slots = new Map<string, Slot>()
  readonly #probation = new Probation()
  /** Until the first routers are served. */
  #starting = true
  #turns = new Turns(START)
  #settings: Settings

  readonly #allowance: TenantAllowance
  /** Routers that were refused because their tenant has as many as it may. */
  readonly #oneTooMany = new Set<string>()

  constructor(options: DeployerOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#allowance = new TenantAllowance(options.settings, (bite) => options.log.warn(bite, 'a limit was reached'))
  }

  /** How often the limits of tenants bit that hold before a router serves. */
  get limited(): TenantAllowance['limited'] {
    return this.#allowance.limited
  }

  /** Routers that are served, with their addresses. */
  get served(): ServedAt[] {
    return [...this.#slots].flatMap(([router, { active }]) => {
      const listen = this.#options.ports.get(router)
      return active === undefined || listen === undefined ? [] : [{ router, listen }]
    })
  }

  /** Why the last change of each router that failed was refused. */
  get failures(): { router: string; account: Account }[] {
    return [...this.#slots].flatMap(([router, { failure }]) =>
      failure === undefined ? [] : [{ router, account: failure }],
    )
  }

  /** Every router that there is a file for, or that is served. */
  get routers(): RouterState[] {
    return [...this.#slots].flatMap(([router, { source, active, failure, rolledBack }]) =>
      source === undefined && active === undefined ? [] : [{ router, active, failure, rolledBack }],
    )
  }

  /** Tries again what was refused or rolled back of a tenant. */
  release(tenant: string): void {
    for (const [router, { source, failure }] of this.#slots)
      if (tenantOf(router) === tenant && failure !== undefined && source !== undefined) void this.deploy(source, 0)
  }

  /**
   * New limits hold for the deployments that begin after this; routers that were refused are tried again. Those that have a
   * port or a host name that is not allowed any more are retired.
   */
  configure(settings: Settings): void {
    this.#settings = settings
    this.#allowance.configure(settings)
    for (const [router, slot] of this.#slots) {
      const { source, failure, running, rolledBack, active } = slot
      slot.stale = active !== undefined && active.terms !== this.#terms(router)
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
      const verdict = this.#probation.count(worker, said, this.#settings.rollback)
      if (verdict.kind === 'open') continue
      const [router, slot] = [...this.#slots].find(([, { active }]) => active?.id === said.id) ?? []
      if (router === undefined || slot === undefined) continue
      if (verdict.kind === 'good') slot.before = undefined
      else slot.failing = verdict.sum
      void this.#run(router, slot)
    }
  }

  /** A router is new or changed. Resolves, never rejects, when no deployment of it runs or waits. */
  deploy(source: RouterSource, settle: number): Promise<void> {
    const slot = this.#slot(source.router)
    slot.source = source
    slot.next = { settle }
    return this.#run(source.router, slot)
  }

  /** A router's file is gone: its listener closes, its connections live on. */
  remove(router: string): Promise<void> {
    const slot = this.#slot(router)
    slot.source = undefined
    slot.next = { settle: 0 }
    return this.#run(router, slot)
  }

  tables(source: RouterSource): void {
    const slot = this.#slot(source.router)
    slot.source = source
    if (slot.failure !== undefined && !slot.rolledBack) void this.deploy(source, 0)
    else this.#options.workers.tables(source.router, source.tables)
    this.#options.log.info({ router: source.router, tables: Object.keys(source.tables) }, 'router tables changed')
  }

  #slot(router: string): Slot {
    const known = this.#slots.get(router)
    if (known !== undefined) return known
    const slot = emptySlot()
    this.#slots.set(router, slot)
    return slot
  }

  #run(router: string, slot: Slot): Promise<void> {
    slot.running ??= this.#runAll(router, slot).finally(() => (slot.running = undefined))
    return slot.running
  }

  async #runAll(router: string, slot: Slot): Promise<void> {
    while (slot.failing !== undefined || slot.next !== undefined || slot.stale) {
      const { failing, next } = slot
      slot.failing = undefined
      if (failing !== undefined) await this.#rollBack(router, slot, failing)
      else if (next === undefined) await this.#turns.take(tenantOf(router), () => this.#renew(router, slot))
      else if (slot.source !== undefined) {
        const tenant = tenantOf(router)
        if (!this.#starting) await this.#allowance.turn(tenant)
        await this.#turns.take(tenant, () => this.#attempt(router, slot, next.settle))
      } else this.#gone(router, slot)
    }
  }

  #gone(router: string, slot: Slot): void {
    slot.next = undefined
    this.#retire(router, slot)
    this.#oneTooMany.delete(router)
    for (const name of this.#oneTooMany) {
      const source = this.#slots.get(name)?.source
      if (source !== undefined && tenantOf(name) === tenantOf(router)) void this.deploy(source, 0)
    }
  }

  #retire(router: string, slot: Slot, reason?: string): void {
    const listen = this.#options.ports.get(router)
    const { active } = slot
    const nothing = { active: undefined, before: undefined, failure: undefined, blockedBy: undefined }
    Object.assign(slot, { ...nothing, rolledBack: false, stale: false })
    if (active === undefined) return
    this.#probation.forget(active.id)
    this.#options.workers.retire(router)
    this.#options.ports.release(router)
    const facts = { ...(listen && listenFacts(listen)), ...(reason === undefined ? {} : { reason }) }
    this.#options.log.info({ router, version: active.number, ...facts }, 'router retired')
    this.#retryBlockedBy(router)
  }

  /** One deployment of the newest source; reports how it ended in one line. */
  async #attempt(router: string, slot: Slot, settle: number): Promise<void> {
    const { source } = slot
    if (source === undefined) return this.#gone(router, slot)
    slot.next = undefined
    const started = performance.now()
    const ms: Phases = { settle }
    let compiled: CompiledRouter | undefined
    const forbidden = this.#options.ports.refusal(source.router, this.#settings)
    if (forbidden !== undefined) this.#retire(source.router, slot, forbidden)
    try {
      this.#refuseOneTooMany(router)
      compiled = await this.#compile(source, slot, ms)
      if (compiled.hash === slot.active?.bundle) return this.#unchanged(source, slot, compiled.hash)
      const deployment = this.#deployment(slot.source ?? source, slot, compiled, slot.versions + 1)
      const warmed = () => this.#assertNewest(slot)
      const { listen, givesBack } = await swap(deployment, { ...this.#options, settings: this.#settings, ms, warmed })
      ms.total = settle + performance.now() - started
      this.#activated(slot, deployment, compiled, listen, ms)
      slot.overtaken = 0
      if (givesBack) this.#retryBlockedBy(source.router)
    } catch (error) {
      if (error instanceof Overtaken) slot.overtaken++
      else this.#refuse(source, slot, error, compiled)
    }
  }

  #refuseOneTooMany(router: string): void {
    const tenant = tenantOf(router)
    let others = 0
    for (const [name, { active }] of this.#slots)
      if (active !== undefined && name !== router && tenantOf(name) === tenant) others += 1
    const refusal = this.#allowance.refusal(router, others)
    if (refusal === undefined) return void this.#oneTooMany.delete(router)
    this.#oneTooMany.add(router)
    throw new OneTooMany(refusal)
  }

  async #compile(source: RouterSource, slot: Slot, ms: Phases): Promise<CompiledRouter> {
    const { store } = this.#options
    const { router } = source
    store.dependsOn(router, undefined)
    const started = performance.now()
    try {
      const compiled = await compileSource(source, this.#settings, this.#starting)
      store.dependsOn(router, compiled.inputs)
      Object.assign(ms, compiled.ms)
      return compiled
    } catch (error) {
      if (error instanceof CompileFailure) store.dependsOn(router, error.inputs)
      throw error
    } finally {
      if (!this.#starting) this.#allowance.compiled(tenantOf(router), performance.now() - started)
      this.#assertNewest(slot)
    }
  }

  /** A version whose first decisions fail goes back to the one that served before; where that cannot be had it stays. */
  async #rollBack(router: string, slot: Slot, failing: FirstDecisions): Promise<void> {
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
  async #renew(router: string, slot: Slot): Promise<void> {
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

  /** Serves a version that was served before, under its number. */
  async #serveAgain(source: RouterSource, slot: Slot, version: Served): Promise<BoundListen> {
    const { number, compiled } = version
    const { watch: _none, ...deployment } = this.#deployment(source, slot, compiled, number)
    const { listen, givesBack } = await swap(deployment, { ...this.#options, settings: this.#settings, ms: {} })
    this.#nowServed(slot, deployment, compiled)
    if (givesBack) this.#retryBlockedBy(source.router)
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

  /** Whom a router shares hosts with, and its limits. */
  #terms(router: string): string {
    return JSON.stringify(sandboxVersion(this.#settings, { id: 0, router, code: '' }))
  }

  #activated(slot: Slot, deployment: Deployment, compiled: Compiled, listen: BoundListen, ms: Phases): void {
    const { router } = deployment.version
    const { number, bundle } = deployment.about
    slot.before = slot.active
    if (deployment.watch !== undefined) this.#probation.watch(deployment.version.id)
    this.#nowServed(slot, deployment, compiled)
    Object.assign(slot, { versions: number, failure: undefined, rolledBack: false, blockedBy: undefined })
    this.#options.log.info(
      { router, version: number, bundle, ...listenFacts(listen), ms: rounded(ms) },
      'router active',
    )
  }

  #nowServed(slot: Slot, { version, about, tables }: Deployment, { code, hash, sourceMap }: Compiled): void {
    const { id, router } = version
    if (slot.active !== undefined) this.#probation.forget(slot.active.id)
    const served = { id, number: about.number, bundle: hash, compiled: { code, hash, sourceMap } }
    slot.active = { ...served, terms: JSON.stringify({ ...version, id: 0, code: '' }) }
    slot.stale = false
    const newest = slot.source?.tables ?? tables
    if (newest !== tables) this.#options.workers.tables(router, newest)
  }

  /** The old code is served and the new is the same: a comment changed, or a broken save was taken back. */
  #unchanged({ router, tables }: RouterSource, slot: Slot, bundle: string): void {
    Object.assign(slot, { failure: undefined, rolledBack: false, blockedBy: undefined })
    this.#options.workers.tables(router, tables)
    this.#options.log.info({ router, version: slot.active?.number, bundle }, 'router unchanged')
  }

  #refuse({ router }: RouterSource, slot: Slot, error: unknown, compiled: CompiledRouter | undefined): void {
    const plain = accountOf(error, router, compiled?.sourceMap)
    const account = { ...plain, reason: plain.reason + loadLimitWords(error, router, this.#settings) }
    slot.failure = account
    slot.rolledBack = false
    slot.blockedBy = error instanceof PortRefused ? error.holder : undefined
    const serving = slot.active === undefined ? 'nothing' : `version ${slot.active.number}`
    this.#options.log.error({ router, ...account, serving }, 'router refused')
  }

  #retryBlockedBy(holder: string): void {
    for (const slot of this.#slots.values())
      if (slot.blockedBy === holder && slot.source !== undefined) void this.deploy(slot.source, 0)
  }

  /** A router that is saved all the time is deployed now and then all the same. */
  #assertNewest(slot: Slot): void {
    if (slot.next !== undefined && slot.overtaken < MOST_OVERTAKEN) throw new Overtaken()
  }
}

function listenFacts(listen: BoundListen): { listen: string; hosts?: readonly string[] } {
  return { listen: addressText(listen), ...(listen.hosts && { hosts: listen.hosts }) }
}
