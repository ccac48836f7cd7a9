import { performance } from 'node:perf_hooks'
import type { HostLaunch, RouterDescription } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import type { WorkerReport } from '../control/status.ts'
import type { Log } from '../log.ts'
import type { BoundListen, Tables, ToWorker } from '../worker/messages.ts'
import { ConnectionSum } from './connection-sum.ts'
import type { FirstDecisions } from './probation.ts'
import {
  type Connections,
  ForkedWorker,
  WarmFailure,
  type WorkerLink,
  WorkerLost,
  WorkerSilent,
} from './worker-link.ts'
import { type Active, type Deployment, WorkerVersions } from './worker-versions.ts'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 10_000
/** A worker that lived this long did not die of being started. */
const STABLE = 60_000
const LIVE_LIMIT = 20_000
/** What a worker gets beyond its deadline to end its connections and itself. */
const DRAIN_GRACE = 5000

export interface WorkersOptions {
  readonly settings: Settings
  readonly hostLaunch: HostLaunch
  readonly log: Log['log']
  /** Hears of the sum over all workers when it changes. */
  readonly connections: (connections: Connections) => void
  /** Hears what a worker counted of versions that are watched. */
  readonly firstDecisions?: (worker: number, counts: readonly FirstDecisions[]) => void
  /** A new number for a version that has to be sent again. */
  readonly nextId: () => number
  /** Starts a process; tests say how else. */
  readonly open?: (index: number) => WorkerLink
}

/**
 * The worker processes, as one: what is asked of them is asked of each that lives. One that dies is started again, with growing
 * pauses, and given every active version before it counts as living.
 */
export class Workers {
  readonly #options: WorkersOptions
  readonly #live = new Set<WorkerLink>()
  readonly #all = new Set<WorkerLink>()
  readonly #versions: WorkerVersions
  /** Which workers have warmed a version that is not active yet. */
  readonly #warmed = new Map<number, readonly WorkerLink[]>()
  readonly #connections: ConnectionSum
  readonly #wake = new Set<() => void>()
  #settings: Settings
  #draining = false

  constructor(options: WorkersOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#versions = new WorkerVersions((link) => this.#all.has(link), options.log)
    this.#connections = new ConnectionSum(options.connections)
  }

  /** Rejects when a worker cannot be started at all. */
  async start(): Promise<void> {
    const indices = Array.from({ length: this.#settings.workers }, (_, index) => index)
    await Promise.all(indices.map((index) => this.#startOne(index, FIRST_PAUSE)))
  }

  /** Process ids of the living workers. */
  get pids(): number[] {
    return [...this.#live].flatMap(({ pid }) => pid ?? [])
  }

  /**
   * Loads a version in every worker. Rejects with `WarmFailure` when one cannot, and then none keeps it; when the only worker
   * dies meanwhile, the next one is asked once more.
   */
  async warm(deployment: Deployment): Promise<RouterDescription> {
    try {
      return await this.#warmOnce(deployment)
    } catch (error) {
      if (!(error instanceof WorkerLost) || error instanceof WorkerSilent) throw error
      await new Promise((resume) => setImmediate(resume)) // until it does not count as living any more
      return await this.#warmOnce(deployment)
    }
  }

  /**
   * Makes a warmed version the active one in every worker. Rejects with the reason when a listener cannot be opened; then
   * every worker serves what it served before.
   */
  async activate(deployment: Deployment, listen: BoundListen): Promise<void> {
    const {
      watch,
      version: { id, router },
    } = deployment
    const before = this.#versions.get(router)
    // A worker that was not there to warm it catches up afterwards.
    const links = this.#warmed.get(id) ?? []
    this.#warmed.delete(id)
    const results = await Promise.allSettled(
      links.map((link) => link.activate({ type: 'activate', id, router, listen, ...(watch && { watch }) })),
    )
    const failed = results.find((result) => result.status === 'rejected' && !(result.reason instanceof WorkerLost))
    for (const [index, link] of links.entries())
      if (results[index]?.status === 'fulfilled') this.#versions.serves(link, deployment.version)
    if (failed?.status === 'rejected') {
      await this.#restore(router, id, before)
      throw failed.reason
    }
    this.#versions.set({ ...deployment, listen })
    await this.#versions.catchUpAll(this.#live)
  }

  discard(id: number): void {
    this.#warmed.delete(id)
    this.#sendAll({ type: 'discard', id })
  }

  retire(router: string): void {
    this.#versions.delete(router, this.#all)
    this.#sendAll({ type: 'retire', router })
  }

  tables(router: string, tables: Tables): void {
    const active = this.#versions.get(router)
    if (active !== undefined) this.#versions.set({ ...active, tables })
    this.#sendAll({ type: 'tables', router, tables })
  }

  configure(settings: Settings): void {
    this.#settings = settings
    this.#sendAll({ type: 'configure', settings })
  }

  /** Of each worker that answers in time. */
  async reports(): Promise<WorkerReport[]> {
    const reports = await Promise.all([...this.#live].map((link) => link.report()))
    return reports.filter((report) => report !== undefined)
  }

  release(tenant: string): void {
    this.#sendAll({ type: 'release', tenant })
  }

  reopenLogs(): void {
    this.#sendAll({ type: 'reopen-logs' })
  }

  /**
   * Stops accepting and waits until every connection has ended; after `deadline` milliseconds (`null`: never) what is left is
   * ended. Called again with a shorter deadline it is in more of a hurry. Resolves with the number of connections ended by force.
   */
  async drain(deadline: number | null): Promise<number> {
    this.#draining = true
    this.#sendAll({ type: 'drain', deadline })
    const links = [...this.#all]
    const late = () => {
      for (const link of links) link.kill()
    }
    const timer = deadline === null ? undefined : setTimeout(late, deadline + DRAIN_GRACE)
    const before = links.map((link) => this.#connections.of(link))
    await Promise.all(links.map(({ exited }) => exited))
    clearTimeout(timer)
    return links.reduce((sum, link, index) => sum + (link.forced ?? before[index] ?? 0), 0)
  }

  async #startOne(index: number, pause: number): Promise<void> {
    const link = this.#options.open?.(index) ?? new ForkedWorker(index)
    const started = performance.now()
    this.#all.add(link)
    link.onConnections = (connections) => this.#connections.count(link, connections)
    link.onFirstDecisions = (counts) => this.#options.firstDecisions?.(index, counts)
    try {
      const { hostLaunch } = this.#options
      await link.start({ type: 'start', index, settings: this.#settings, hostLaunch })
    } catch (error) {
      link.kill()
      await link.exited
      this.#all.delete(link)
      throw error
    }
    void link.exited.then((why) => this.#ended(link, why, performance.now() - started < STABLE ? pause : FIRST_PAUSE))
    await this.#versions.catchUp(link)
    if (!this.#all.has(link)) return
    this.#live.add(link)
    await this.#versions.catchUp(link) // with what became active in between
    for (const wake of [...this.#wake]) wake()
  }

  #ended(link: WorkerLink, why: string, pause: number): void {
    this.#all.delete(link)
    this.#live.delete(link)
    this.#connections.gone(link)
    if (this.#draining) return
    this.#options.log.error({ worker: link.index, why, pause }, 'worker lost; it is started again')
    setTimeout(() => void this.#restart(link.index, pause), pause)
  }

  async #restart(index: number, pause: number): Promise<void> {
    if (this.#draining) return
    const next = Math.min(pause * 2, LONGEST_PAUSE)
    try {
      await this.#startOne(index, next)
      this.#options.log.info({ worker: index }, 'worker started again')
    } catch (error) {
      this.#options.log.error({ worker: index, why: String(error), pause: next }, 'worker could not be started')
      setTimeout(() => void this.#restart(index, next), next)
    }
  }

  async #warmOnce({ version, about, tables }: Deployment): Promise<RouterDescription> {
    await this.#untilLive()
    const warm = { type: 'warm', version, about, tables } as const
    const links = [...this.#live]
    const results = await Promise.allSettled(links.map((link) => link.warm(warm)))
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    const blame = failures.find((reason) => !(reason instanceof WorkerLost))
    const warmed = results.find((result) => result.status === 'fulfilled')
    if (blame === undefined && warmed !== undefined) {
      this.#warmed.set(
        version.id,
        links.filter((_link, index) => results[index]?.status === 'fulfilled'),
      )
      return warmed.value
    }
    this.discard(version.id)
    throw blame ?? failures[0] ?? new WorkerLost('no worker is living')
  }

  async #untilLive(): Promise<void> {
    if (this.#live.size > 0) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new WarmFailure('sandbox', 'no worker is living', undefined)), LIVE_LIMIT)
    this.#wake.add(resolve)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#wake.delete(resolve)
    }
  }

  /** Takes a version back that some workers could activate and others not. */
  async #restore(router: string, id: number, before: Active | undefined): Promise<void> {
    for (const link of this.#all) if (this.#versions.of(link, router) !== id) link.send({ type: 'discard', id })
    if (before === undefined) return this.retire(router)
    if ([...this.#live].every((link) => this.#versions.of(link, router) === before.version.id)) return
    // The workers that activated the new version have forgotten the old one: it comes back under a number of its own.
    this.#versions.set({ ...before, version: { ...before.version, id: this.#options.nextId() } })
    await this.#versions.catchUpAll(this.#live)
  }

  #sendAll(message: ToWorker): void {
    for (const link of this.#all) link.send(message)
  }
}
