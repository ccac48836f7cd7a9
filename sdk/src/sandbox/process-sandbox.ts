import { firstQuestions } from './first-question.ts'
import { HostPool } from './host-pool.ts'
import type { HostLoss } from './host-process.ts'
import { Asking, HostGone, type Job, Loading } from './jobs.ts'
import { failure } from './replies.ts'
import {
  LoadFailure,
  type Question,
  type Reply,
  type RouterDescription,
  type Sandbox,
  type SandboxLimits,
  type SandboxVersion,
} from './sandbox.ts'
import { type RouterStanding, type StrikeRules, Strikes } from './strikes.ts'

export interface ProcessSandboxOptions {
  /** Program and arguments that start a sandbox host; its own arguments are appended. */
  readonly command: readonly string[]
  /** Hosts that share the questions, a warm spare and a penalty host aside. */
  readonly hosts: number
  readonly limits: SandboxLimits
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

interface Held {
  readonly version: SandboxVersion
  asked: number
  unloading: boolean
  /** Hosts that died by themselves while loading it. */
  lostLoading: number
  /** When the hosts that had struck it were told to load it again. */
  reloaded: number
}

const MAX_LOSSES = 3
/** A host that crashed, or outgrew its memory, counts against its question twice as much as one that somebody killed. */
const SUSPICION = { crashed: 2, memory: 2, exited: 1, deadline: 4, violation: 4 } as const satisfies Record<
  HostLoss,
  number
>
const CULPRIT = 4
const MAX_REHEARSALS = 4
/** Hosts in a row that die by themselves while rehearsing one version: the last one's death is the version's fault. */
const MAX_SUSPICIONS = 3
/** Rehearsals of one version whose first answer may be too slow. */
const MAX_SLOW = 3

class SlowFirstAnswer extends LoadFailure {}

/**
 * The wall made of processes. Questions go to a serving host; a router with a strike is asked of the penalty host; one in
 * quarantine is not asked. A new version is loaded by the spare first, which serves nobody, so that one which kills its host
 * while loading costs nobody anything.
 *
 * When a host is lost, the first question that it had not answered is the one that it was answering. Killed for it, that is the
 * culprit: it fails and its router gets a strike. Dead by itself (a crash, or somebody's `kill -9`) or killed for the memory of
 * all that it held, it is a suspect: asked again, of the penalty host, and a culprit when that dies in the same way. Its router
 * gets a strike when it crashes one host after the other, however the second asking ends. Questions behind are asked of the
 * next host.
 * Loading is judged in the same way, and a version whose router is not clear of strikes is no host's to load before it serves:
 * otherwise one that kills its host now and then while loading could keep every host from serving.
 */
export class ProcessSandbox implements Sandbox {
  readonly #options: ProcessSandboxOptions
  readonly #strikes: Strikes
  readonly #pool: HostPool
  readonly #held = new Map<number, Held>()
  #loading: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: ProcessSandboxOptions) {
    this.#options = options
    this.#strikes = new Strikes(options.strikes)
    this.#pool = new HostPool({
      command: options.command,
      hosts: options.hosts,
      limits: options.limits,
      versions: () => this.#toPreload(),
      lost: (host, loss, detail, owed) => this.#lost(host.pid, loss, detail, owed),
      unloadable: ({ id, router }, error) => this.#held.has(id) && this.#strike(router, error.message),
      unavailable: (job) => this.#refuse(job, 'no sandbox host could be had in time'),
    })
  }

  /** Resolves when the serving hosts and the spare have started. Rejects when they do not within 10 seconds. */
  async start(): Promise<void> {
    await this.#pool.started()
  }

  /** Process ids of all living hosts. */
  get pids(): number[] {
    return this.#pool.pids
  }

  load(version: SandboxVersion): Promise<RouterDescription> {
    const loaded = this.#loading.then(() => this.#load(version))
    this.#loading = loaded.catch(() => {})
    return loaded
  }

  unload(id: number): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    held.unloading = true
    if (held.asked === 0) this.#forget(id)
  }

  ask(id: number, question: Question, answered: (reply: Reply) => void): void {
    const held = this.#held.get(id)
    if (held === undefined || this.#closed) {
      process.nextTick(answered, failure('unavailable', `version ${id} is not loaded`, 0))
      return
    }
    if (this.#strikes.standing(held.version.router) === 'quarantined') {
      process.nextTick(answered, failure('quarantined', 'in quarantine after its strikes', 0))
      return
    }
    held.asked += 1
    this.#dispatch(
      new Asking(held.version, question, (asking, reply) => {
        if (reply === 'elsewhere') return this.#moved(asking)
        if (this.#askedAgain(asking, reply)) return
        held.asked -= 1
        if (held.asked === 0 && held.unloading) this.#forget(id)
        answered(reply)
      }),
    )
  }

  /** Every router against which something is held. */
  standings(): RouterStanding[] {
    return this.#strikes.standings()
  }

  /** Ends the quarantines and strikes of the routers of `tenant`: they are asked with everybody again. */
  release(tenant: string): void {
    for (const { router } of this.#strikes.standings())
      if (router.startsWith(`${tenant}/`)) this.#strikes.release(router)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#pool.close()
  }

  #dispatch(asking: Asking): void {
    const penalty = asking.suspect || this.#strikes.standing(asking.version.router) === 'penalty'
    this.#pool.ask(asking, penalty)
  }

  /** A serving host would not ask it again since the router was struck there. */
  #moved(asking: Asking): void {
    const held = this.#held.get(asking.version.id)
    const standing = this.#strikes.standing(asking.version.router)
    if (standing === 'quarantined') return asking.fail(failure('quarantined', 'in quarantine after its strikes', 0))
    if (standing === 'clear' && held !== undefined && held.reloaded <= asking.sent) {
      held.reloaded = performance.now()
      this.#pool.reload(asking.version)
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
    asking.suspect = true
    this.#dispatch(asking)
    return true
  }

  #forget(id: number): void {
    this.#held.delete(id)
    this.#pool.unload(id)
  }

  #toPreload(): SandboxVersion[] {
    return [...this.#held.values()]
      .map(({ version }) => version)
      .filter(({ router }) => this.#strikes.standing(router) === 'clear')
  }

  #strike(router: string, reason: string): void {
    const quarantine = this.#strikes.strike(router)
    this.#options.report({ kind: 'strike', router, reason, strikes: this.#strikes.count(router) })
    if (quarantine > 0) this.#options.report({ kind: 'quarantined', router, milliseconds: quarantine })
  }

  async #load(version: SandboxVersion): Promise<RouterDescription> {
    const description = await this.#rehearse(version)
    this.#strikes.pardon(version.router)
    this.#held.set(version.id, { version, asked: 0, unloading: false, lostLoading: 0, reloaded: 0 })
    if (this.#strikes.standing(version.router) === 'clear') await this.#pool.load(version)
    return description
  }

  /**
   * A spare may be lost through no fault of the version: then it is rehearsed again. So is one that was slow, because a refusal
   * stands until the next save, and code that runs for the first time on a busy machine may be slow through no fault of its own.
   * One that fails leaves nothing behind in the spare, which serves others some day.
   */
  async #rehearse(version: SandboxVersion): Promise<RouterDescription> {
    let suspicions = 0
    let slow = 0
    for (let attempt = 1; ; attempt++) {
      if (this.#closed) throw new Error('the sandbox is closed')
      try {
        return await this.#rehearseOnce(version)
      } catch (error) {
        this.#pool.unload(version.id)
        if (error instanceof SlowFirstAnswer && ++slow < MAX_SLOW && !this.#closed) continue
        if (!(error instanceof HostGone) || this.#closed) throw error
        if (error.blame === 'suspect') suspicions += 1
        if (error.blame === 'certain' || suspicions === MAX_SUSPICIONS)
          throw new LoadFailure(`its sandbox host was lost while loading it: ${error.message}`)
        if (attempt === MAX_REHEARSALS) throw error
      }
    }
  }

  /** Loads a version into the spare and asks it a first question there. */
  async #rehearseOnce(version: SandboxVersion): Promise<RouterDescription> {
    const description = await new Promise<RouterDescription>((resolve, reject) => {
      const done = (result: RouterDescription | Error): void =>
        result instanceof Error ? reject(result) : resolve(result)
      this.#pool.rehearse(new Loading(version, done))
    })
    for (const question of firstQuestions(description)) {
      const { asking, reply } = await this.#rehearseQuestion(version, question)
      if (reply.kind !== 'failed') continue
      if (reply.failure === 'unavailable') throw new HostGone(reply.message, asking.suspect ? 'suspect' : 'none')
      const Refusal = reply.failure === 'timeout' ? SlowFirstAnswer : LoadFailure
      throw new Refusal(`its first question (${question.hook}, no bytes) failed: ${reply.message}`, reply.position)
    }
    return description
  }

  #rehearseQuestion(version: SandboxVersion, question: Question): Promise<{ asking: Asking; reply: Reply }> {
    return new Promise((resolve) => {
      const done = (asking: Asking, answer: Reply | 'elsewhere'): void => {
        const reply = answer === 'elsewhere' ? failure('unavailable', 'its sandbox host does not have it', 0) : answer
        resolve({ asking, reply })
      }
      this.#pool.rehearse(new Asking(version, question, done))
    })
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
        this.#strike(job.version.router, 'killed')
      return job.fail(new HostGone(detail, byItself ? 'suspect' : 'certain'))
    }
    job.suspect = true
    job.suspicion += SUSPICION[loss]
    if (held === undefined) return job.fail(failure(byItself ? 'unavailable' : 'killed', detail, 0))
    if (job.suspicion < CULPRIT) {
      if (loss === 'crashed' && this.#strikes.suspect(job.version.router)) this.#strike(job.version.router, 'crashed')
      return this.#dispatch(job)
    }
    this.#strike(job.version.router, 'killed')
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
