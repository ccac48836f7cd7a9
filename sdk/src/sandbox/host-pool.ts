import { encodeAsk, encodeLoad, encodeUnload } from './frames.ts'
import { type HostLoss, HostProcess } from './host-process.ts'
import { type Asking, HostGone, type Job, Loading } from './jobs.ts'
import type { SandboxLimits, SandboxVersion } from './sandbox.ts'

export interface HostPoolOptions {
  readonly command: readonly string[]
  readonly hosts: number
  readonly limits: SandboxLimits
  /** The versions that a fresh host loads before it serves. */
  readonly versions: () => readonly SandboxVersion[]
  readonly lost: (host: HostProcess<Job>, loss: HostLoss, detail: string, owed: readonly Job[]) => void
  /** A version that loaded in the spare does not load in a host that serves. */
  readonly unloadable: (version: SandboxVersion, error: Error) => void
  /** A job that no host could be had for in time. */
  readonly unavailable: (job: Job) => void
}

type Role = 'serving' | 'spare' | 'penalty'

interface Host {
  readonly process: HostProcess<Job>
  /** Version ids, the one that was longest not asked about first. */
  readonly loaded: Set<number>
  role: Role
  usedAt: number
}

/** How often deadlines are looked at while questions are in flight, in milliseconds. */
const TICK = 20
const MAX_WAIT = 5_000
const MAX_START = 10_000
const LOAD_GRACE = 800
/** A decision that may take longer than the deadline has this much beyond: two ticks, and a little. */
const DECISION_GRACE = 50
const PENALTY_IDLE = 60_000
const MiB = 1_048_576
/** Resident memory of a host without versions, with room for what they do, and of one idle isolate (1.4 MiB, measured). */
const HOST_MEMORY = 96 * MiB
const VERSION_MEMORY = 1.75 * MiB
const LEAST_ROOM = 8
/** How often the memory of hosts is looked at that have nothing to do. */
const IDLE_WATCH = 1_000
const BACK_OFF = { first: 50, most: 5_000 }

/** The sandbox hosts of one worker: who serves, who stands by, who is put up with, and starting new ones for those lost. */
export class HostPool {
  readonly #options: HostPoolOptions
  /** Versions that a host holds at most: one that is asked about comes back for the one that was longest not asked about. */
  readonly #room: number
  readonly #hosts = new Set<Host>()
  readonly #starting = new Set<HostProcess<Job>>()
  readonly #waiting: { asking: Asking; penalty: boolean }[] = []
  readonly #rehearsals: Job[] = []
  readonly #whenStarted: (() => void)[] = []
  readonly #idleWatch: NodeJS.Timeout
  #ticking: NodeJS.Timeout | undefined
  #failures = 0
  #backOff: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: HostPoolOptions) {
    this.#options = options
    this.#room = Math.max(LEAST_ROOM, Math.floor((options.limits.hostMemory - HOST_MEMORY) / VERSION_MEMORY))
    this.#idleWatch = setInterval(() => this.#checkMemory(), IDLE_WATCH).unref()
    this.#fill()
  }

  get pids(): number[] {
    return [...[...this.#hosts].map((host) => host.process.pid), ...[...this.#starting].map((host) => host.pid)]
  }

  async started(): Promise<void> {
    if (this.#standing() === this.#options.hosts + 1) return
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(
      () => late.reject(new Error(`no sandbox host was ready within ${MAX_START} ms`)),
      MAX_START,
    )
    this.#whenStarted.push(late.resolve)
    await late.promise.finally(() => clearTimeout(timer))
  }

  ask(asking: Asking, penalty: boolean): void {
    const host = penalty ? this.#penaltyHost() : this.#leastLoaded()
    if (host === undefined) this.#waiting.push({ asking, penalty })
    else this.#askOf(host, asking)
    this.#tick()
  }

  /** Gives a job to the spare; waits for one when there is none. */
  rehearse(job: Job): void {
    const spare = this.#inRole('spare')[0]
    if (spare === undefined) this.#rehearsals.push(job)
    else this.#give(spare, job)
    this.#tick()
  }

  /** Loads a rehearsed version into every host that stands; resolves when each has it or is gone. */
  async load(version: SandboxVersion): Promise<void> {
    const hosts = [...this.#hosts].filter((host) => host.role !== 'penalty' && !host.loaded.has(version.id))
    await Promise.all(hosts.map((host) => new Promise<void>((resolve) => this.#loadInto(host, version, resolve))))
  }

  /** Loads a version anew wherever it was struck. */
  reload(version: SandboxVersion): void {
    for (const host of this.#hosts) if (host.role !== 'penalty') this.#loadInto(host, version, () => {})
  }

  unload(id: number): void {
    for (const host of this.#hosts) if (host.loaded.delete(id)) host.process.send(encodeUnload(id))
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#idleWatch)
    clearInterval(this.#ticking)
    clearTimeout(this.#backOff)
    const living = [...this.#starting, ...[...this.#hosts].map((host) => host.process)]
    for (const host of living) host.kill('exited', 'the sandbox is closing')
    for (const { asking } of this.#waiting.splice(0)) this.#options.unavailable(asking)
    for (const job of this.#rehearsals.splice(0)) this.#options.unavailable(job)
    await Promise.all(living.map((host) => host.exited))
  }

  #give(host: Host, job: Job): void {
    if (job.kind === 'asking') return this.#askOf(host, job)
    this.#makeRoom(host, job.version.id)
    host.loaded.add(job.version.id) // or will have by the time that a question about it is read
    const { id: version, code, limits } = job.version
    const allowed = { wall: limits.loadTime + LOAD_GRACE, cpu: limits.loadTime }
    host.process.ask(job, allowed, (id) => encodeLoad(id, { version, limits, code }))
    this.#tick()
  }

  #askOf(host: Host, asking: Asking): void {
    host.usedAt = performance.now()
    asking.sent = host.usedAt
    const { version, question } = asking
    if (!host.loaded.delete(version.id)) this.#loadInto(host, version, () => {})
    host.loaded.add(version.id)
    const facts = JSON.stringify(question.facts)
    const { decisionTime } = version.limits
    const wall = Math.max(this.#options.limits.decisionDeadline, decisionTime + DECISION_GRACE)
    host.process.ask(asking, { wall, cpu: decisionTime }, (id) =>
      encodeAsk(id, version.id, question.hook, facts, question.bytes),
    )
  }

  #makeRoom(host: Host, coming: number): void {
    host.loaded.delete(coming)
    for (const id of host.loaded) {
      if (host.loaded.size < this.#room) return
      host.loaded.delete(id)
      host.process.send(encodeUnload(id))
    }
  }

  #loadInto(host: Host, version: SandboxVersion, done: () => void): void {
    const loaded = (result: unknown): void => {
      if (result instanceof Error && !(result instanceof HostGone) && !this.#closed) {
        host.loaded.delete(version.id)
        this.#options.unloadable(version, result)
      }
      done()
    }
    this.#give(host, new Loading(version, loaded))
  }

  #inRole(role: Role): Host[] {
    return [...this.#hosts].filter((host) => host.role === role)
  }

  #standing(): number {
    return this.#hosts.size - this.#inRole('penalty').length
  }

  #leastLoaded(): Host | undefined {
    let best: Host | undefined
    for (const host of this.#hosts)
      if (host.role === 'serving' && (best === undefined || host.process.load < best.process.load)) best = host
    return best
  }

  #penaltyHost(): Host | undefined {
    const host = this.#inRole('penalty')[0]
    const coming = [...this.#starting].some((starting) => starting.penalty)
    if (host === undefined && !coming && this.#backOff === undefined && !this.#closed) this.#start(true)
    return host
  }

  /** Starts as many hosts as are missing, a little later each time that one could not be started. */
  #fill(): void {
    if (this.#closed || this.#backOff !== undefined) return
    const coming = [...this.#starting].filter((host) => !host.penalty).length
    for (let missing = this.#options.hosts + 1 - this.#standing() - coming; missing > 0; missing--) this.#start(false)
  }

  #start(penalty: boolean): void {
    const host: HostProcess<Job> = new HostProcess(this.#options.command, penalty, {
      ready: () => this.#stand(host),
      lost: (loss, detail, owed) => this.#lose(host, loss, detail, owed),
    })
    this.#starting.add(host)
    this.#tick()
  }

  #stand(process: HostProcess<Job>): void {
    this.#starting.delete(process)
    this.#failures = 0
    const host: Host = {
      process,
      loaded: new Set(),
      role: process.penalty ? 'penalty' : 'spare',
      usedAt: performance.now(),
    }
    this.#hosts.add(host)
    if (!process.penalty)
      for (const version of this.#options.versions().slice(-this.#room)) this.#loadInto(host, version, () => {})
    this.#promote()
    if (this.#standing() === this.#options.hosts + 1) for (const resolve of this.#whenStarted.splice(0)) resolve()
  }

  /** Fills the serving places from the spare, and hands out what waited. */
  #promote(): void {
    for (const spare of this.#inRole('spare'))
      if (this.#inRole('serving').length < this.#options.hosts) spare.role = 'serving'
    const waiting = this.#waiting.splice(0)
    for (const { asking, penalty } of waiting) this.ask(asking, penalty)
    const spare = this.#inRole('spare')[0]
    if (spare !== undefined) for (const job of this.#rehearsals.splice(0)) this.#give(spare, job)
  }

  #lose(process: HostProcess<Job>, loss: HostLoss, detail: string, owed: readonly Job[]): void {
    const host = [...this.#hosts].find((candidate) => candidate.process === process)
    if (host !== undefined) this.#hosts.delete(host)
    const starting = this.#starting.delete(process)
    if (starting) this.#failures += 1
    this.#promote()
    this.#options.lost(process, loss, detail, owed)
    if (this.#closed) return
    if (!starting || this.#failures === 1) return this.#fill()
    const delay = Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** this.#failures)
    this.#backOff ??= setTimeout(() => {
      this.#backOff = undefined
      this.#fill()
      this.#promote()
    }, delay)
  }

  /** One coarse timer for every deadline of every host, running only while there is something to wait for. */
  #tick(): void {
    this.#ticking ??= setInterval(() => this.#check(), TICK)
  }

  #check(): void {
    const now = performance.now()
    for (const host of this.#starting)
      if (now > host.startBy) host.kill('exited', `it was not ready within ${MAX_START} ms`)
    let busy = this.#starting.size > 0 || this.#waiting.length > 0 || this.#rehearsals.length > 0
    this.#checkMemory()
    for (const host of [...this.#hosts]) {
      host.process.checkDeadline()
      if (host.role === 'penalty' && host.process.load === 0 && now - host.usedAt > PENALTY_IDLE)
        host.process.kill('exited', 'no router needs the penalty host')
      busy ||= host.process.load > 0 || host.role === 'penalty'
    }
    this.#expire(now)
    if (busy) return
    clearInterval(this.#ticking)
    this.#ticking = undefined
  }

  #checkMemory(): void {
    for (const host of [...this.#hosts]) host.process.checkMemory(this.#options.limits.hostMemory)
  }

  #expire(now: number): void {
    const late = this.#waiting.filter(({ asking }) => now - asking.since > MAX_WAIT)
    for (const waiting of late) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      this.#options.unavailable(waiting.asking)
    }
    for (const job of this.#rehearsals.filter(({ since }) => now - since > MAX_START)) {
      this.#rehearsals.splice(this.#rehearsals.indexOf(job), 1)
      this.#options.unavailable(job)
    }
  }
}
