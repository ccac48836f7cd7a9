import { performance } from 'node:perf_hooks'
import { Turns } from '../turns.ts'
import { Blame } from './blame.ts'
import { Cordons } from './cordons.ts'
import { CpuBudgets } from './cpu-budgets.ts'
import type { Held } from './held.ts'
import { HostPool, type LaneName } from './host-pool.ts'
import type { HostLoss, HostProcess } from './host-process.ts'
import { InFlight } from './in-flight.ts'
import { Asking, type Job } from './jobs.ts'
import type { HostReport } from './loaded-host.ts'
import { rehearse } from './rehearsal.ts'
import { Rehearsed } from './rehearsed.ts'
import { failure } from './replies.ts'
import type { Failed, Question, Reply, RouterDescription, Sandbox, SandboxVersion } from './sandbox.ts'
import type { ProcessSandboxOptions } from './sandbox-options.ts'
import { type RouterStanding, Strikes } from './strikes.ts'
import { Versions } from './versions.ts'

const IDLE_VERSION = 600_000
/** A question that was sent elsewhere so often is asked where others are in nobody's way. */
const MOVES_TO_SERVING = 3

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
 * next host. Where a host may have asked several of one version by one call, all of them are suspects, and the cell, which asks one
 * at a time, shows which it was.
 * Loading is judged in the same way, and a version whose router is not clear of strikes is no host's to load before it serves:
 * otherwise one that kills its host now and then while loading could keep every host from serving.
 */
export class ProcessSandbox implements Sandbox {
  readonly #options: ProcessSandboxOptions
  readonly #strikes: Strikes
  readonly #cordons: Cordons
  readonly #versions: Versions
  readonly #blame: Blame
  readonly #budgets = new CpuBudgets()
  readonly #inFlight = new InFlight()
  /** Rehearsals of each cordon, which has one spare: one after the other, fair to its tenants. */
  readonly #rehearsals = new Map<string, Turns>()
  readonly #rehearsed = new Rehearsed()
  #closed = false

  constructor(options: ProcessSandboxOptions) {
    this.#options = options
    this.#strikes = new Strikes(options.strikes)
    this.#versions = new Versions(options.idleVersion ?? IDLE_VERSION)
    this.#blame = new Blame({
      serves: ({ version }) => !this.#closed && this.#versions.has(version.id),
      askAgain: (asking) => this.#dispatch(asking),
      strike: (router, reason) => this.#strike(router, reason, true),
      suspect: (router) => this.#strikes.suspect(router),
    })
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
    for (const { version } of this.#versions.all) if (version.tenant === tenant) this.#strikes.release(version.router)
  }

  async load(version: SandboxVersion): Promise<RouterDescription> {
    const { cordon, tenant } = version
    const turns = this.#rehearsals.get(cordon) ?? new Turns({ atOnce: 1 })
    this.#rehearsals.set(cordon, turns)
    try {
      return await turns.take(tenant, () => this.#load(version))
    } finally {
      if (turns.idle) this.#rehearsals.delete(cordon)
    }
  }

  unload(id: number): void {
    const held = this.#versions.get(id)
    if (held === undefined) return
    held.unloading = true
    if (held.asked === 0) this.#forget(held)
  }

  ask(id: number, question: Question, answered: (reply: Reply) => void): void {
    const held = this.#versions.get(id)
    const refused = this.#refusal(id, held)
    if (held === undefined || refused !== undefined) {
      process.nextTick(answered, refused)
      return
    }
    held.asked += 1
    held.askedAt = performance.now()
    this.#dispatch(
      new Asking(held, question, (asking, reply) => {
        const answer = reply === 'elsewhere' ? this.#moved(asking) : reply
        if (answer === undefined || this.#askedAgain(asking, answer)) return
        held.asked -= 1
        held.answers += 1
        this.#inFlight.leave(held.version)
        if (held.asked === 0 && held.unloading) this.#forget(held)
        answered(answer)
      }),
    )
  }

  async measure(id: number): Promise<number | undefined> {
    const held = this.#closed ? undefined : this.#versions.get(id)
    return held && this.#cordons.get(held.version.cordon)?.measure(held)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#cordons.close()
  }

  #openPool(cordon: string): HostPool {
    const { command, untrustedCommand, hosts, limits, idleVersion = IDLE_VERSION, report, serves } = this.#options
    const untrusted = cordon === 'untrusted' || cordon.startsWith('untrusted:')
    return new HostPool({
      command: untrusted && untrustedCommand !== undefined ? untrustedCommand : command,
      hosts,
      limits,
      idleVersion,
      budgets: this.#budgets,
      ...(serves && { serves }),
      wanted: () => this.#versions.wanted(cordon).filter(({ version }) => this.#isClear(version)),
      lost: (host, loss, detail, owed) => {
        this.#options.gone?.(cordon)
        this.#lost(host, loss, detail, owed)
      },
      unloadable: ({ version }, error) => {
        this.#rehearsed.forget(version)
        if (this.#versions.has(version.id)) this.#strike(version.router, error.message)
      },
      unavailable: (job, reason) => this.#refuse(job, reason),
      laneOf: (asking) => this.#laneOf(asking),
      askAnew: (asking) => this.#dispatch(asking),
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
    const lane = this.#laneOf(asking)
    if (pool === undefined) asking.fail(failure('unavailable', 'its sandbox hosts are gone', 0))
    else if (lane === undefined) asking.fail(failure('quarantined', 'in quarantine after its strikes', 0))
    else pool.ask(asking, lane)
  }

  /** None for a router in quarantine. */
  #laneOf({ suspect, slow, held }: Asking): LaneName | undefined {
    const standing = this.#strikes.standing(held.version.router)
    if (standing === 'quarantined') return undefined
    if (suspect || standing === 'cell') return 'cell'
    if (slow || standing === 'penalty' || held.slowToLoad || held.takesLong) return 'penalty'
    return held.isNew && held.version.tenant !== '' ? 'spare' : 'serving'
  }

  /** A host sent it elsewhere: it is asked again, unless that has gone on for long enough. */
  #moved(asking: Asking): Failed | undefined {
    const { held, givenUp } = asking
    if (givenUp !== undefined) return givenUp
    asking.slow ||= asking.moves >= MOVES_TO_SERVING
    const standing = this.#strikes.standing(held.version.router)
    if (standing === 'clear') asking.at?.reload(held, asking.sent)
    this.#dispatch(asking)
    return undefined
  }

  /**
   * A host measures time that the machine was given to others as the router's own. So the connection gets a second chance,
   * where it costs no neighbour anything. The router gets its strike when it uses up its time there too, or when one of its
   * questions has had a second chance a while ago already: twice is no coincidence.
   */
  #askedAgain(asking: Asking, reply: Reply): boolean {
    if (reply.kind !== 'failed' || asking.secondChance === 'struck') return false
    const { failure } = reply
    if (failure !== 'timeout' && failure !== 'memory') return false
    const { router } = asking.version
    const isFirst =
      failure === 'timeout' && asking.secondChance === 'none' && this.#strikes.standing(router) === 'clear'
    const struck = !isFirst || this.#strikes.suspect(router)
    if (struck) this.#strike(router, failure)
    if (!isFirst || this.#closed || this.#strikes.standing(router) === 'quarantined') return false
    asking.secondChance = struck ? 'struck' : 'confirms'
    asking.slow = true
    this.#dispatch(asking)
    return true
  }

  #forget(held: Held): void {
    const { id, cordon, tenant } = held.version
    const stays = this.#versions.delete(held)
    if (!stays) this.#budgets.forget(tenant)
    this.#cordons.get(cordon)?.unload(id)
    this.#cordons.leave(cordon)
  }

  #isClear({ router }: SandboxVersion): boolean {
    return this.#strikes.standing(router) === 'clear'
  }

  #strike(router: string, reason: string, lethal = false): void {
    const quarantine = this.#strikes.strike(router, lethal)
    this.#options.report({ kind: 'strike', router, reason, strikes: this.#strikes.count(router) })
    if (quarantine > 0) this.#options.report({ kind: 'quarantined', router, milliseconds: quarantine })
  }

  async #load(version: SandboxVersion): Promise<RouterDescription> {
    const held = this.#versions.take(version)
    const { cordon, router, tenant, limits, id } = held.version
    const pool = this.#cordons.enter(cordon)
    try {
      const known = await this.#rehearsed.of(held, () => rehearse(pool, held, () => this.#closed))
      this.#strikes.pardon(router)
      this.#budgets.configure(tenant, limits)
      this.#versions.add(held)
      const wanted = this.#versions.isWanted(held) && this.#isClear(version)
      if (!wanted)
        pool.unload(id) // from the spare, which would fill up with what nobody asks about
      else if (tenant === '' || !held.isHurried) await pool.preload(held)
      return known
    } catch (error) {
      this.#versions.drop(held)
      this.#cordons.leave(cordon)
      throw error
    }
  }

  #lost({ pid, penalty }: HostProcess<Job>, loss: HostLoss, detail: string, owed: readonly Job[]): void {
    const [head] = owed
    if (!this.#closed && (loss !== 'exited' || head !== undefined))
      this.#options.report({ kind: 'host-lost', pid, loss, detail, ...(head && { router: head.version.router }) })
    if (loss === 'deadline' && head?.kind === 'asking' && this.#versions.has(head.version.id))
      this.#options.report({ kind: 'limited', tenant: head.version.tenant, limit: 'decisionTime' })
    this.#blame.lost(loss, detail, owed, !penalty)
  }

  #refuse(job: Job, message: string): void {
    if (job.kind === 'loading') job.fail(new Error(message))
    else if (job.kind === 'measuring') job.fail()
    else job.fail(failure('unavailable', message, 0))
  }
}
