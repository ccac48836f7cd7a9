import { type CompiledRouter, CompileFailure, compileRouter } from 'router-sdk/compile'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import { sandboxVersion } from '../tenants/sandbox-version.ts'
import type { BoundListen } from '../worker/messages.ts'
import { type Account, accountOf } from './account.ts'
import { addressText, PortRefused, type Ports } from './ports.ts'
import type { RouterSource, RouterStore } from './store.ts'
import { Turns } from './turns.ts'
import type { Deployment, Workers } from './workers.ts'

const COMPILES_AT_ONCE = 4
const MOST_OVERTAKEN = 3

export interface DeployerOptions {
  readonly store: RouterStore
  readonly workers: Workers
  readonly ports: Ports
  readonly log: Log['log']
  readonly nextId: () => number
  readonly settings: Settings
}

interface Slot {
  /** `undefined` once the file is gone. */
  source: RouterSource | undefined
  /** Set while a deployment runs; a change that comes meanwhile only sets `next`. */
  running: Promise<void> | undefined
  next: { readonly settle: number } | undefined
  /** Deployments in a row that a newer change stopped. */
  overtaken: number
  /** Versions so far, for numbering them. */
  versions: number
  active: { readonly number: number; readonly bundle: string } | undefined
  failure: Account | undefined
  /** The router whose port is in the way. */
  blockedBy: string | undefined
}

/** Thrown between the steps of a deployment that a newer change has overtaken. */
class Overtaken extends Error {}

type Phases = Record<string, number>

/**
 * Takes routers from source to service: compile, warm in every worker, claim the address, switch. One deployment at a time for
 * each router, and a newer change overtakes an older one. Whatever fails leaves what was served before.
 */
export class Deployer {
  readonly #options: DeployerOptions
  readonly #slots = new Map<string, Slot>()
  readonly #compiling = new Turns(COMPILES_AT_ONCE)
  #settings: Settings

  constructor(options: DeployerOptions) {
    this.#options = options
    this.#settings = options.settings
  }

  /** Routers that are served, with their addresses. */
  get served(): { router: string; listen: BoundListen }[] {
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

  /**
   * New limits hold for the deployments that begin after this; routers that were refused are tried again. Those that have a
   * port or a host name that is not allowed any more are retired.
   */
  configure(settings: Settings): void {
    this.#settings = settings
    for (const [router, { source, failure, running }] of this.#slots) {
      const due = failure !== undefined || running !== undefined || this.#options.ports.refusal(router, settings)
      if (due && source !== undefined) void this.deploy(source, 0)
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
    if (slot.failure !== undefined) void this.deploy(source, 0)
    else this.#options.workers.tables(source.router, source.tables)
    this.#options.log.info({ router: source.router, tables: Object.keys(source.tables) }, 'router tables changed')
  }

  #slot(router: string): Slot {
    const known = this.#slots.get(router)
    if (known !== undefined) return known
    const slot: Slot = {
      source: undefined,
      running: undefined,
      next: undefined,
      overtaken: 0,
      versions: 0,
      active: undefined,
      failure: undefined,
      blockedBy: undefined,
    }
    this.#slots.set(router, slot)
    return slot
  }

  #run(router: string, slot: Slot): Promise<void> {
    slot.running ??= this.#runAll(router, slot).finally(() => (slot.running = undefined))
    return slot.running
  }

  async #runAll(router: string, slot: Slot): Promise<void> {
    while (slot.next !== undefined) {
      const { settle } = slot.next
      slot.next = undefined
      if (slot.source === undefined) this.#retire(router, slot)
      else await this.#attempt(slot.source, slot, settle)
    }
  }

  #retire(router: string, slot: Slot, reason?: string): void {
    const listen = this.#options.ports.get(router)
    const { active } = slot
    Object.assign(slot, { active: undefined, failure: undefined, blockedBy: undefined })
    if (active === undefined) return
    this.#options.workers.retire(router)
    this.#options.ports.release(router)
    const facts = { ...(listen && listenFacts(listen)), ...(reason === undefined ? {} : { reason }) }
    this.#options.log.info({ router, version: active.number, ...facts }, 'router retired')
    this.#retryBlockedBy(router)
  }

  /** One deployment; reports how it ended in one line. */
  async #attempt(source: RouterSource, slot: Slot, settle: number): Promise<void> {
    const started = performance.now()
    const ms: Phases = { settle }
    let compiled: CompiledRouter | undefined
    const forbidden = this.#options.ports.refusal(source.router, this.#settings)
    if (forbidden !== undefined) this.#retire(source.router, slot, forbidden)
    try {
      compiled = await this.#compile(source, slot, ms)
      if (compiled.hash === slot.active?.bundle) return this.#unchanged(source, slot, compiled.hash)
      await this.#serve(source, slot, compiled, ms, started)
      slot.overtaken = 0
    } catch (error) {
      if (error instanceof Overtaken) slot.overtaken++
      else this.#refuse(source, slot, error, compiled)
    }
  }

  async #compile(source: RouterSource, slot: Slot, ms: Phases): Promise<CompiledRouter> {
    const { store } = this.#options
    const { router, file, folder, subfolders } = source
    const { sourceBytes, compileTime } = this.#settings.router
    store.dependsOn(router, undefined)
    try {
      const options = { file, folder, subfolders, limits: { sourceBytes, compileTime } }
      const compiled = await this.#compiling.take(() => compileRouter(options))
      store.dependsOn(router, compiled.inputs)
      Object.assign(ms, compiled.ms)
      return compiled
    } catch (error) {
      if (error instanceof CompileFailure) store.dependsOn(router, error.inputs)
      throw error
    } finally {
      this.#assertNewest(slot)
    }
  }

  async #serve(source: RouterSource, slot: Slot, compiled: CompiledRouter, ms: Phases, started: number): Promise<void> {
    const { workers, ports } = this.#options
    const deployment = this.#deployment(slot.source ?? source, slot, compiled)
    const { id } = deployment.version
    const description = await timed(ms, 'warm', () => workers.warm(deployment))
    try {
      this.#assertNewest(slot)
      const claim = await ports.claim(source.router, description, this.#settings)
      try {
        await timed(ms, 'activate', () => workers.activate(deployment, claim.bound))
        claim.confirm()
        ms.total = (ms.settle ?? 0) + performance.now() - started
        this.#activated(slot, deployment, claim.bound, ms)
        if (claim.givesBack) this.#retryBlockedBy(source.router)
      } finally {
        claim.undo()
      }
    } catch (error) {
      workers.discard(id)
      throw error
    }
  }

  #deployment({ router, tables }: RouterSource, slot: Slot, { code, hash, sourceMap }: CompiledRouter): Deployment {
    return {
      version: sandboxVersion(this.#settings, { id: this.#options.nextId(), router, code }),
      about: { number: slot.versions + 1, bundle: hash, sourceMap },
      tables,
    }
  }

  #activated(slot: Slot, { version, about, tables }: Deployment, listen: BoundListen, ms: Phases): void {
    const { router } = version
    const { number, bundle } = about
    Object.assign(slot, { versions: number, active: { number, bundle }, failure: undefined, blockedBy: undefined })
    const newest = slot.source?.tables ?? tables
    if (newest !== tables) this.#options.workers.tables(router, newest)
    this.#options.log.info(
      { router, version: number, bundle, ...listenFacts(listen), ms: rounded(ms) },
      'router active',
    )
  }

  /** The old code is served and the new is the same: a comment changed, or a broken save was taken back. */
  #unchanged({ router, tables }: RouterSource, slot: Slot, bundle: string): void {
    slot.failure = undefined
    slot.blockedBy = undefined
    this.#options.workers.tables(router, tables)
    this.#options.log.info({ router, version: slot.active?.number, bundle }, 'router unchanged')
  }

  #refuse({ router }: RouterSource, slot: Slot, error: unknown, compiled: CompiledRouter | undefined): void {
    const account = accountOf(error, router, compiled?.sourceMap)
    slot.failure = account
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

async function timed<T>(ms: Phases, phase: string, act: () => Promise<T>): Promise<T> {
  const started = performance.now()
  try {
    return await act()
  } finally {
    ms[phase] = performance.now() - started
  }
}

function rounded(ms: Phases): Phases {
  return Object.fromEntries(Object.entries(ms).map(([phase, value]) => [phase, Math.round(value)]))
}

function listenFacts(listen: BoundListen): { listen: string; hosts?: readonly string[] } {
  return { listen: addressText(listen), ...(listen.hosts && { hosts: listen.hosts }) }
}
