import { Bundles } from './bundles.ts'
import { Cordons } from './cordons.ts'
import { CpuBudgets } from './cpu-budgets.ts'
import { Held } from './held.ts'
import { HostPool, type HostReport, type LaneName } from './host-pool.ts'
import type { HostLoss } from './host-process.ts'
import { InFlight } from './in-flight.ts'
import { Asking, HostGone, type Job } from './jobs.ts'
import { rehearse } from './rehearsal.ts'
import { Rehearsed } from './rehearsed.ts'
import { failure } from './replies.ts'
import type {
  Failed,
  Question,
  Reply,
  RouterDescription,
  Sandbox,
  SandboxLimits,
  SandboxVersion,
  VersionLimits,
} from './sandbox.ts'
import { type RouterStanding, type StrikeRules, Strikes } from './strikes.ts'

export interface ProcessSandboxOptions {
  /** Program and arguments that start a sandbox host; its own arguments are appended. */
  readonly command: readonly string[]
  /** The same for hosts of untrusted cordons, where they have thicker walls. */
  readonly untrustedCommand?: readonly string[]
  /** Hosts that share the questions of a cordon, a warm spare and hosts for struck routers aside. */
  readonly hosts: number
  readonly limits: SandboxLimits
  /** Milliseconds after which a version that nobody asks about is unloaded; it is back on its next question. */
  readonly idleVersion?: number
  /** How long hosts of a cordon outlive its last version, in milliseconds. */
  readonly cordonLinger?: number
  readonly strikes: StrikeRules
  /** Told of what an operator should know. */
  readonly report: (event: SandboxEvent) => void
}

export type SandboxEvent =
  /** `router` is the one to blame, where one is known. */
  | {
      readonly kind: 'host-lost'
      readonly pid: number
      readonly loss: HostLoss
      readonly detail: string
      readonly router?: string
    }
  | { readonly kind: 'strike'; readonly router: string; readonly reason: string; readonly strikes: number }
  | { readonly kind: 'quarantined'; readonly router: string; readonly milliseconds: number }
  /** A limit bit: a question waits, or fails. Told for each. */
  | {
      readonly kind: 'limited'
      readonly tenant: string
      readonly limit: Extract<keyof VersionLimits, 'cpuPerSecond' | 'decisionsInFlight'>
    }

const IDLE_VERSION = 600_000
const MAX_LOSSES = 3
/** A host that crashed, or outgrew its memory, counts against its question twice as much as one that somebody killed. */
const SUSPICION = { crashed: 2, memory: 2, exited: 1, deadline: 4, violation: 4 } as const satisfies Record<
  HostLoss,
  number
>
const CULPRIT = 4
/** A version that was asked within so many milliseconds is kept wherever it may be asked next. */
const RECENT = 60_000
/** So few versions of a cordon are all kept there. */
const FEW = 64

/**
 * The wall made of processes. Versions of one cordon share hosts. Questions wait in a queue that is fair to its tenants, and go
 * to a serving host, which loads a version when it is asked about it; a router that was slow is asked of the penalty host, one
 * under which a host was lost of the cell; one in quarantine is not asked. A new version is loaded by the spare first, which
 * serves nobody, so that one which kills its host while loading costs nobody anything; one that loads slowly is asked of the
 * penalty host, since no other tenant should wait while it loads.
 *
 * When a host is lost, the first question that it had not answered is the one that it was answering. Killed for it, that is the
 * culprit: it fails and its router gets a strike. Dead by itself (a crash, or somebody's `kill -9`) or killed for the memory of
 * all that it held, it is a suspect: asked again, in the cell, and a culprit when that dies in the same way. Its router
 * gets a strike when it crashes one host after the other, however the second asking ends. Questions behind are asked of the
 * next host.
 * Loading is judged in the same way, and a version whose router is not clear of strikes is no host's to load before it serves:
 * otherwise one that kills its host now and then while loading could keep every host from serving.
 */
export class ProcessSandbox implements Sandbox {
  readonly #options: ProcessSandboxOptions
  readonly #strikes: Strikes
  readonly #cordons: Cordons
  readonly #budgets = new CpuBudgets()
  readonly #inFlight = new InFlight()
  readonly #bundles = new Bundles()
  readonly #held = new Map<number, Held>()
  /** Rehearsals of each cordon: one after the other. */
  readonly #loading = new Map<string, Promise<unknown>>()
  readonly #rehearsed = new Rehearsed()
  #closed = false

  constructor(options: ProcessSandboxOptions) {
    this.#options = options
    this.#strikes = new Strikes(options.strikes)
    this.#cordons = new Cordons((cordon) => this.#openPool(cordon), options.cordonLinger)
  }

  /** Resolves when the operator's serving hosts and spare have started. Rejects when they do not within 10 seconds. */
  async start(): Promise<void> {
    await Promise.all(this.#cordons.pools.map((pool) => pool.started()))
  }

  /** Process ids of all living hosts. */
  get pids(): number[] {
    return this.#cordons.pools.flatMap((pool) => pool.pids)
  }

  /** Hosts of a cordon that stand. */
  hostsOf(cordon: string): HostReport[] {
    return this.#cordons.get(cordon)?.hosts ?? []
  }

  /** Every router against which something is held. */
  standings(): RouterStanding[] {
    return this.#strikes.standings()
  }

  /** Ends the quarantines and strikes of the routers of `tenant`: they are asked with everybody again. */
  release(tenant: string): void {
    for (const { version } of this.#held.values()) if (version.tenant === tenant) this.#strikes.release(version.router)
  }

  load(version: SandboxVersion): Promise<RouterDescription> {
    const { cordon } = version
    const before = this.#loading.get(cordon) ?? Promise.resolve()
    const loaded = before.then(() => this.#load(version))
    const ended = loaded
      .catch(() => {})
      .then(() => {
        if (this.#loading.get(cordon) === ended) this.#loading.delete(cordon)
      })
    this.#loading.set(cordon, ended)
    return loaded
  }

  unload(id: number): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    held.unloading = true
    if (held.asked === 0) this.#forget(held)
  }

  ask(id: number, question: Question, answered: (reply: Reply) => void): void {
    const held = this.#held.get(id)
    const refused = this.#refusal(id, held)
    if (held === undefined || refused !== undefined) {
      process.nextTick(answered, refused)
      return
    }
    held.asked += 1
    this.#dispatch(
      new Asking(held, question, (asking, reply) => {
        if (reply === 'elsewhere') return this.#moved(asking)
        if (this.#askedAgain(asking, reply)) return
        held.asked -= 1
        this.#inFlight.leave(held.version)
        if (held.asked === 0 && held.unloading) this.#forget(held)
        answered(reply)
      }),
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#cordons.close()
  }

  #openPool(cordon: string): HostPool {
    const { command, untrustedCommand, hosts, limits, idleVersion = IDLE_VERSION, report } = this.#options
    const untrusted = cordon === 'untrusted' || cordon.startsWith('untrusted:')
    return new HostPool({
      command: untrusted && untrustedCommand !== undefined ? untrustedCommand : command,
      hosts,
      limits,
      idleVersion,
      budgets: this.#budgets,
      wanted: () => this.#wanted(cordon),
      lost: (pid, loss, detail, owed) => this.#lost(pid, loss, detail, owed),
      unloadable: ({ version }, error) => {
        this.#rehearsed.forget(version)
        if (this.#held.has(version.id)) this.#strike(version.router, error.message)
      },
      unavailable: (job, reason) => this.#refuse(job, reason),
      limited: (tenant) => report({ kind: 'limited', tenant, limit: 'cpuPerSecond' }),
    })
  }

  /** Why a question is not asked. Otherwise it has been counted. */
  #refusal(id: number, held: Held | undefined): Failed | undefined {
    if (held === undefined || this.#closed) return failure('unavailable', `version ${id} is not loaded`, 0)
    const { version } = held
    if (this.#strikes.standing(version.router) === 'quarantined')
      return failure('quarantined', 'in quarantine after its strikes', 0)
    const over = this.#inFlight.enter(version)
    if (over === undefined) return undefined
    this.#options.report({ kind: 'limited', tenant: version.tenant, limit: 'decisionsInFlight' })
    return failure('over-limit', over, 0)
  }

  #dispatch(asking: Asking): void {
    const pool = this.#cordons.get(asking.version.cordon)
    if (pool === undefined) return asking.fail(failure('unavailable', 'its sandbox hosts are gone', 0))
    pool.ask(asking, this.#laneOf(asking))
  }

  #laneOf({ suspect, slow, held }: Asking): LaneName {
    const standing = this.#strikes.standing(held.version.router)
    if (suspect || standing === 'cell') return 'cell'
    return slow || standing === 'penalty' || held.slowToLoad ? 'penalty' : 'serving'
  }

  /** A serving host would not ask it again since the router was struck there. */
  #moved(asking: Asking): void {
    const { held } = asking
    const standing = this.#strikes.standing(held.version.router)
    if (standing === 'quarantined') return asking.fail(failure('quarantined', 'in quarantine after its strikes', 0))
    if (standing === 'clear' && held.reloaded <= asking.sent) {
      held.reloaded = performance.now()
      this.#cordons.get(held.version.cordon)?.reload(held)
    }
    this.#dispatch(asking)
  }

  /**
   * A host measures time that the machine was given to others as the router's own. So the connection gets a second chance,
   * where it costs no neighbour anything; the router does not get another strike for it.
   */
  #askedAgain(asking: Asking, reply: Reply): boolean {
    if (reply.kind !== 'failed' || asking.struck) return false
    const { failure } = reply
    if (failure !== 'timeout' && failure !== 'memory') return false
    const { router } = asking.version
    const wasClear = this.#strikes.standing(router) === 'clear'
    this.#strike(router, failure)
    asking.struck = true
    if (failure === 'memory' || !wasClear || this.#closed) return false
    if (this.#strikes.standing(router) !== 'penalty') return false
    asking.slow = true
    this.#dispatch(asking)
    return true
  }

  #forget({ version }: Held): void {
    this.#held.delete(version.id)
    this.#cordons.get(version.cordon)?.unload(version.id)
    this.#cordons.leave(version.cordon)
    this.#bundles.drop(version.code)
    if (![...this.#held.values()].some((held) => held.version.tenant === version.tenant))
      this.#budgets.forget(version.tenant)
  }

  /** What hosts of a cordon should have before they are asked, the most wanted last. */
  #wanted(cordon: string): Held[] {
    const now = performance.now()
    const { idleVersion = IDLE_VERSION } = this.#options
    const all = [...this.#held.values()].filter(({ version }) => version.cordon === cordon)
    const few = all.length <= FEW
    return all
      .filter(({ slowToLoad, version }) => !slowToLoad && this.#strikes.standing(version.router) === 'clear')
      .filter(({ usedAt, askedAt }) => now - askedAt < RECENT || (few && now - usedAt < idleVersion))
      .sort((one, other) => one.usedAt - other.usedAt)
  }

  #strike(router: string, reason: string, lethal = false): void {
    const quarantine = this.#strikes.strike(router, lethal)
    this.#options.report({ kind: 'strike', router, reason, strikes: this.#strikes.count(router) })
    if (quarantine > 0) this.#options.report({ kind: 'quarantined', router, milliseconds: quarantine })
  }

  async #load({ code, ...version }: SandboxVersion): Promise<RouterDescription> {
    const held = new Held({ ...version, code: this.#bundles.take(code) })
    const { cordon, router, tenant, limits, id } = held.version
    try {
      const pool = this.#cordons.enter(cordon)
      const rehearsed = this.#rehearsed.of(held.version, () => rehearse(pool, held, () => this.#closed))
      const description = await rehearsed.catch((error) => {
        this.#cordons.leave(cordon)
        throw error
      })
      for (const other of this.#held.values())
        if (other.version.router === router) held.askedAt = Math.max(held.askedAt, other.askedAt)
      this.#strikes.pardon(router)
      this.#budgets.configure(tenant, limits)
      this.#held.set(id, held)
      if (this.#wanted(cordon).includes(held)) await pool.preload(held)
      else pool.unload(id) // from the spare, which would fill up with what nobody asks about
      return description
    } catch (error) {
      this.#bundles.drop(code)
      throw error
    }
  }

  #lost(pid: number, loss: HostLoss, detail: string, owed: readonly Job[]): void {
    const [head, ...behind] = owed
    if (!this.#closed && (loss !== 'exited' || head !== undefined))
      this.#options.report({ kind: 'host-lost', pid, loss, detail, ...(head && { router: head.version.router }) })
    if (head !== undefined) this.#blame(head, loss, detail)
    for (const job of behind) this.#askAgain(job)
  }

  #blame(job: Job, loss: HostLoss, detail: string): void {
    const byItself = loss === 'exited' || loss === 'crashed' || loss === 'memory'
    const held = this.#closed ? undefined : this.#held.get(job.version.id)
    if (job.kind === 'loading') {
      if (held !== undefined && loss !== 'exited' && (!byItself || ++held.lostLoading > 1))
        this.#strike(job.version.router, 'killed', true)
      return job.fail(new HostGone(detail, byItself ? 'suspect' : 'certain'))
    }
    job.suspect = true
    job.suspicion += SUSPICION[loss]
    if (held === undefined) return job.fail(failure(byItself ? 'unavailable' : 'killed', detail, 0))
    if (job.suspicion < CULPRIT) {
      if (loss === 'crashed' && this.#strikes.suspect(job.version.router))
        this.#strike(job.version.router, 'crashed', true)
      return this.#dispatch(job)
    }
    this.#strike(job.version.router, 'killed', true)
    job.fail(failure('killed', `its sandbox host was killed: ${detail}`, 0))
  }

  #askAgain(job: Job): void {
    if (job.kind === 'loading') return job.fail(new HostGone('its sandbox host was lost', 'none'))
    const gone = this.#closed || !this.#held.has(job.version.id)
    if (gone || ++job.lost > MAX_LOSSES) return this.#refuse(job, 'its sandbox host was lost')
    this.#dispatch(job)
  }

  #refuse(job: Job, message: string): void {
    if (job.kind === 'loading') job.fail(new Error(message))
    else job.fail(failure('unavailable', message, 0))
  }
}
