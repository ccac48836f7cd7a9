import { performance } from 'node:perf_hooks'
import type { CpuBudgets } from './cpu-budgets.ts'
import type { Held } from './held.ts'
import type { HostLoss, HostProcess } from './host-process.ts'
import { HostStarter, MAX_START } from './host-starter.ts'
import { type Asking, type Job, type Loading, Measuring } from './jobs.ts'
import { Lane } from './lane.ts'
import { type HostReport, LoadedHost, type Role } from './loaded-host.ts'
import type { SandboxLimits } from './sandbox.ts'

export interface HostPoolOptions {
  readonly command: readonly string[]
  readonly hosts: number
  readonly limits: SandboxLimits
  /** Milliseconds after which a version that nobody asks about is unloaded. */
  readonly idleVersion: number
  readonly budgets: CpuBudgets
  /** A host that was the spare serves. */
  readonly serves?: (pid: number) => void
  /** The versions that a host should have before it is asked, the most wanted last. */
  readonly wanted: () => readonly Held[]
  readonly lost: (host: HostProcess<Job>, loss: HostLoss, detail: string, owed: readonly Job[]) => void
  /** A version that loaded in the spare does not load in a host that serves. */
  readonly unloadable: (held: Held, error: Error) => void
  /** A job that nothing came of in time. */
  readonly unavailable: (job: Job, reason: string) => void
  /** Who is to answer it, as things stand; `undefined` when it is not to be asked at all. */
  readonly laneOf: (asking: Asking) => LaneName | undefined
  /** Things do not stand any more as they did when it was asked. */
  readonly askAnew: (asking: Asking) => void
  /** A tenant's questions wait because it has used up its CPU time. */
  readonly limited: (tenant: string) => void
}

/** Who answers a question: the spare those about new versions of tenants, which cost nobody anything there. */
export type LaneName = Role

/** How often deadlines are looked at while questions are in flight, in milliseconds. */
const TICK = 20
const MAX_WAIT = 5_000
const APART_IDLE = 60_000
/** How often hosts are looked at that have nothing to do. */
const IDLE_WATCH = 1_000
/** Versions that the spare is given again in that time, of those that were asked last. */
const SPARE_CATCHES_UP = 32
const APART = ['penalty', 'cell'] as const

/** The sandbox hosts of one cordon: who serves, who stands by, who is put up with, and starting new ones for those lost. */
export class HostPool {
  readonly #options: HostPoolOptions
  readonly #hosts = new Map<HostProcess<Job>, LoadedHost>()
  readonly #starter: HostStarter
  readonly #lanes: Readonly<Record<LaneName, Lane>>
  readonly #inRole: Readonly<Record<Role, LoadedHost[]>> = { serving: [], spare: [], penalty: [], cell: [] }
  readonly #rehearsals: (Asking | Loading)[] = []
  readonly #whenStarted: (() => void)[] = []
  readonly #idleWatch: NodeJS.Timeout
  #ticking: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: HostPoolOptions) {
    this.#options = options
    const { budgets, limited, laneOf, askAnew } = options
    const lane = (name: LaneName): Lane =>
      new Lane({
        budgets,
        limited,
        hosts: () => this.#answering(name),
        belongs: (asking) => laneOf(asking) === name,
        askAnew,
      })
    this.#lanes = { serving: lane('serving'), spare: lane('spare'), penalty: lane('penalty'), cell: lane('cell') }
    this.#starter = new HostStarter(options.command, {
      ready: (host, role) => this.#stand(host, role),
      answered: (host, job) => this.#answered(host, job),
      delivered: () => this.#pump(),
      lost: (host, loss, detail, owed, busyFor) => this.#lose(host, loss, detail, owed, busyFor),
      again: () => this.#fill(),
    })
    this.#idleWatch = setInterval(() => this.#checkIdle(), IDLE_WATCH).unref()
    this.#fill()
  }

  get pids(): number[] {
    return [...this.#hosts.keys(), ...this.#starter.hosts].map(({ pid }) => pid)
  }

  /** Hosts that stand. */
  get hosts(): HostReport[] {
    return [...this.#hosts.values()].map(({ report }) => report)
  }

  async started(): Promise<void> {
    if (this.#isComplete()) return
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(
      () => late.reject(new Error(`no sandbox host was ready within ${MAX_START} ms`)),
      MAX_START,
    )
    this.#whenStarted.push(late.resolve)
    await late.promise.finally(() => clearTimeout(timer))
  }

  ask(asking: Asking, lane: LaneName): void {
    this.#lanes[lane].push(asking)
    if (lane === 'penalty' || lane === 'cell') this.#fill()
    this.#tick()
  }

  /** Gives a job to the spare; waits for one when there is none. */
  rehearse(job: Asking | Loading): void {
    const [spare] = this.#inRole.spare
    if (spare === undefined) this.#rehearsals.push(job)
    else give(spare, job)
    this.#tick()
  }

  /** Loads a rehearsed version into every host that may be asked about it soon; resolves when each has it or is gone. */
  async preload(held: Held): Promise<void> {
    const hosts = [...this.#inRole.serving, ...this.#inRole.spare].filter((host) => !host.has(held))
    const loaded = hosts.map((host) => new Promise<void>((resolve) => host.load(held, resolve)))
    this.#tick()
    await Promise.all(loaded)
  }

  /** Bytes that a version holds in the host which was asked about anything last, of those that have it. */
  measure(held: Held): Promise<number | undefined> {
    const [host] = [...this.#hosts.values()].filter((each) => each.has(held)).sort((a, b) => b.usedAt - a.usedAt)
    if (host === undefined) return Promise.resolve(undefined)
    const measured = new Promise<number | undefined>((resolve) => host.measure(new Measuring(held, resolve)))
    this.#tick()
    return measured
  }

  unload(id: number): void {
    for (const host of this.#hosts.values()) host.unload(id)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#idleWatch)
    clearInterval(this.#ticking)
    this.#starter.close()
    const living = [...this.#starter.hosts, ...this.#hosts.keys()]
    for (const host of living) host.kill('exited', 'the sandbox is closing')
    this.#expire(Number.POSITIVE_INFINITY)
    await Promise.all(living.map((host) => host.exited))
  }

  #isComplete(): boolean {
    return this.#inRole.serving.length + this.#inRole.spare.length === this.#options.hosts + 1
  }

  #fill(): void {
    if (this.#closed) return
    for (const role of APART)
      if (this.#lanes[role].size > 0 && this.#inRole[role].length === 0) this.#starter.fill(role, 1)
    const standing = this.#inRole.serving.length + this.#inRole.spare.length
    this.#starter.fill('spare', this.#options.hosts + 1 - standing)
    this.#tick()
  }

  #stand(process: HostProcess<Job>, role: Role): void {
    const { limits, unloadable } = this.#options
    const host = new LoadedHost(process, role, {
      decisionDeadline: limits.decisionDeadline,
      hostMemory: limits.hostMemory,
      unloadable: (held, error) => !this.#closed && unloadable(held, error),
    })
    this.#hosts.set(process, host)
    if (role === 'spare') host.loadMany(this.#options.wanted())
    this.#assignRoles()
    if (host.role === 'spare' && this.#options.hosts > 0) process.yieldAs('spare')
    this.#pump()
    if (this.#isComplete()) for (const resolve of this.#whenStarted.splice(0)) resolve()
  }

  /** Fills the serving places from the spare, and hands out what waited. */
  #assignRoles(): void {
    const hosts = [...this.#hosts.values()]
    const inRole = (role: Role): LoadedHost[] => hosts.filter((host) => host.role === role)
    for (const spare of inRole('spare')) {
      if (inRole('serving').length >= this.#options.hosts) break
      spare.role = 'serving'
      spare.process.yieldAs('serving')
      this.#options.serves?.(spare.process.pid)
    }
    Object.assign(this.#inRole, {
      serving: inRole('serving'),
      spare: inRole('spare'),
      penalty: inRole('penalty'),
      cell: inRole('cell'),
    })
    const [spare] = this.#inRole.spare
    if (spare !== undefined) for (const job of this.#rehearsals.splice(0)) give(spare, job)
  }

  /** Where there is no spare at the moment, those who serve answer for it, and it for them where none is to serve. */
  #answering(lane: LaneName): readonly LoadedHost[] {
    const { serving, spare } = this.#inRole
    if (lane === 'spare' && spare.length === 0) return serving
    return lane === 'serving' && this.#options.hosts === 0 ? spare : this.#inRole[lane]
  }

  #pump(): void {
    const { serving, spare, penalty, cell } = this.#lanes
    serving.pump()
    spare.pump()
    penalty.pump()
    cell.pump()
  }

  #answered(process: HostProcess<Job>, job: Job): void {
    const host = this.#hosts.get(process)
    host?.settled(job)
    if (job.kind === 'asking') job.from?.settle(job, job.spent)
    else if (host !== undefined && host.role !== 'spare') this.#lanes[host.role].charge(job.version.tenant, job.spent)
  }

  #lose(process: HostProcess<Job>, loss: HostLoss, detail: string, owed: readonly Job[], busyFor: number): void {
    this.#hosts.delete(process)
    // The isolate's clock is gone with it: the time that it kept its host from others is what it cost.
    for (const [index, job] of owed.entries()) {
      if (job.kind === 'asking') job.from?.settle(job, index === 0 ? busyFor : 0)
      else if (index === 0) this.#options.budgets.charge(job.version.tenant, busyFor)
    }
    this.#assignRoles()
    // Strikes first: what waits of the one to blame is not sent to the next host.
    this.#options.lost(process, loss, detail, owed)
    this.#pump()
  }

  /** One coarse timer for every deadline of every host, running only while there is something to wait for. */
  #tick(): void {
    this.#ticking ??= setInterval(() => this.#check(), TICK)
  }

  #check(): void {
    const now = performance.now()
    this.#starter.check(now)
    const waiting = Object.values(this.#lanes).some(({ size }) => size > 0)
    let busy = this.#starter.hosts.length > 0 || waiting || this.#rehearsals.length > 0
    for (const host of [...this.#hosts.values()]) {
      if (host.process.load > 0 || now - host.usedAt < IDLE_WATCH) host.watchMemory()
      host.process.checkDeadline()
      const apart = host.role === 'penalty' || host.role === 'cell'
      if (apart && host.process.load === 0 && now - host.usedAt > APART_IDLE)
        host.process.kill('exited', `no router needs the ${host.role} host`)
      busy ||= host.process.load > 0 || apart
    }
    this.#expire(now)
    this.#pump()
    if (busy || this.#closed) return
    clearInterval(this.#ticking)
    this.#ticking = undefined
  }

  #checkIdle(): void {
    const now = performance.now()
    for (const host of this.#hosts.values()) {
      host.watchMemory()
      host.process.checkClaims()
      host.evictIdle(now - this.#options.idleVersion)
    }
    const [spare] = this.#inRole.spare
    if (spare === undefined || spare.process.load > 0) return
    spare.loadMany(this.#options.wanted().slice(-SPARE_CATCHES_UP))
    this.#tick()
  }

  #expire(now: number): void {
    for (const lane of Object.values(this.#lanes))
      for (const { asking, reason } of lane.expire(now - MAX_WAIT)) this.#options.unavailable(asking, reason)
    for (const job of this.#rehearsals.filter(({ since }) => now - since > MAX_START)) {
      this.#rehearsals.splice(this.#rehearsals.indexOf(job), 1)
      this.#options.unavailable(job, 'no sandbox host could be had in time')
    }
  }
}

function give(host: LoadedHost, job: Asking | Loading): void {
  if (job.kind === 'asking') host.ask(job)
  else host.give(job)
}
