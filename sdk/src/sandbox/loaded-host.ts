import { performance } from 'node:perf_hooks'
import { encodeAsk, encodeLoad, encodeMeasure, encodeUnload } from './frames.ts'
import type { Held } from './held.ts'
import type { Allowance, HostProcess } from './host-process.ts'
import { type Asking, HostGone, type Job, Loading, type Measuring } from './jobs.ts'
import { patience } from './patience.ts'
import type { VersionLimits } from './sandbox.ts'

/**
 * `serving`: everybody's questions. `spare`: new versions, until it is needed. `penalty`: routers that were slow, or are slow to
 * load. `cell`: routers under which a host was lost.
 */
export type Role = 'serving' | 'spare' | 'penalty' | 'cell'

export interface LoadedHostOptions {
  /** Wall milliseconds of a decision, at least. */
  readonly decisionDeadline: number
  /** Resident bytes, at most. */
  readonly hostMemory: number
  /** A version that is known to load does not load here. */
  readonly unloadable: (held: Held, error: Error) => void
}

/** One host as it is now. */
export interface HostReport {
  readonly pid: number
  readonly role: Role
  /** Versions that it has loaded. */
  readonly versions: number
  /** 0 where the system does not say. */
  readonly residentBytes: number
}

const LOAD_GRACE = 800
/** A host tries twice what was not given the processor: before it may have had its CPU time as often, it is not to blame. */
const ATTEMPTS = 2
/** A decision that may take longer than the deadline has this much beyond: two ticks, and a little. */
const DECISION_GRACE = 50
/** Milliseconds that a penalty host may need to make an isolate anew before it asks. */
const RESTORING = 20
/** Milliseconds, of CPU time and all in all, that measuring what a version holds may take. */
const MEASURING = { cpu: 500, router: 500, wall: 1000, beside: 500 } as const
/** What loading a version is expected to take, in CPU milliseconds. */
const LOADING = 2
/**
 * CPU milliseconds that may be on their way to one host: what waits in its socket has no order but that of arrival. Less would
 * have hosts wait for their worker; with 2, questions are there two to three times as long beside ten tenants that throw all the time.
 */
const AHEAD = 0.5
/**
 * CPU milliseconds that the host may need beside what it measures: to read a question and answer it; to make an isolate, its
 * garbage and its code compiled by other threads; to give its memory back.
 */
const BESIDE = { asking: 0.5, loading: 50, unloading: 20 } as const
const MiB = 1_048_576
/** Resident memory of a host without versions (70 MiB, measured), with room for what they do, and of one idle isolate (1.5 MiB). */
const HOST_MEMORY = 96 * MiB
const VERSION_MEMORY = 1.75 * MiB
const LEAST_ROOM = 8
/** Shares of a host's memory at which it has to give some back, and down to which. */
const PRESSED = 0.8
const RELIEVED = 0.65
/** How long what a host was told to forget has to show in its memory, in milliseconds. */
const RELIEF = 100

/** A version in one host. */
interface Loaded {
  readonly held: Held
  /** When it was last asked about here, or loaded. */
  usedAt: number
}

/** One host and the versions in it: a version comes when it is asked about, and goes when others need its room or nobody asks. */
export class LoadedHost {
  readonly process: HostProcess<Job>
  readonly #options: LoadedHostOptions
  /** Its resident memory without a version. */
  readonly #emptyBytes: number
  /** Versions that it is given at most: as many as its memory holds when each is small. */
  readonly #room: number
  /** By id, those that it has or will have when a question about them is read. */
  readonly #loaded = new Map<number, Loaded>()
  /** When versions were last loaded anew, by id. */
  readonly #reloads = new Map<number, number>()
  role: Role
  usedAt: number = performance.now()
  #expected = 0
  /** The version of the last frame that it was sent, if that was a question. */
  #askedLast: number | undefined
  #relievedAt = 0

  constructor(process: HostProcess<Job>, role: Role, options: LoadedHostOptions) {
    this.process = process
    this.role = role
    this.#options = options
    this.#emptyBytes = process.residentBytes
    this.#room = Math.max(LEAST_ROOM, Math.floor((options.hostMemory - HOST_MEMORY) / VERSION_MEMORY))
  }

  get report(): HostReport {
    const { pid, residentBytes } = this.process
    return { pid, role: this.role, versions: this.#loaded.size, residentBytes }
  }

  /** Milliseconds that it is expected to be busy for, and has been with what it does now. */
  get busy(): number {
    return this.#expected + this.process.busyFor
  }

  has({ version }: Held): boolean {
    return this.#loaded.has(version.id)
  }

  hasTimeFor(asking: Asking): boolean {
    if (this.process.load === 0) return true
    if (this.process.busyFor > AHEAD) return false
    const loading = this.has(asking.held) ? 0 : LOADING
    return this.#expected + loading + asking.expected <= AHEAD
  }

  /** Whether it would be asked this by one call with the question before, if it has not begun with that one. */
  goesOnWith({ version }: Asking): boolean {
    return this.process.load > 0 && this.#askedLast === version.id
  }

  ask(asking: Asking): void {
    const { held, question } = asking
    const { version } = held
    this.usedAt = performance.now()
    asking.at = this
    asking.sent = this.usedAt
    asking.booked = asking.expected
    const loaded = this.#loaded.get(version.id)
    if (loaded === undefined) this.load(held, () => {})
    else loaded.usedAt = this.usedAt
    this.#expected += asking.booked
    this.process.ask(asking, this.#allowance(version.limits), (id) => encodeAsk(id, version.id, question))
    this.#askedLast = version.id
  }

  /**
   * A penalty host, in which no neighbour waits, ends a question by itself later: it has time for that, and to make an isolate anew
   * before. One that has not used up more than it is given for that was not given the processor, and has not missed its end.
   */
  #allowance({ decisionTime }: VersionLimits): Allowance {
    const deadline = Math.max(this.#options.decisionDeadline, decisionTime + DECISION_GRACE)
    const cpu = ATTEMPTS * decisionTime
    if (!this.process.penalty) return { wall: deadline, cpu, router: decisionTime, beside: BESIDE.asking }
    const wall = Math.max(deadline, 2 * patience(decisionTime) + RESTORING)
    return { wall, cpu: cpu + 2 * RESTORING, router: decisionTime, beside: BESIDE.asking }
  }

  /** Loads a version that loaded elsewhere; `done` is called when it has, or never will. */
  load(held: Held, done: () => void): void {
    const loaded = (result: unknown): void => {
      if (result instanceof Error && !(result instanceof HostGone)) {
        this.#loaded.delete(held.version.id)
        this.#options.unloadable(held, result)
      }
      done()
    }
    this.give(new Loading(held, loaded))
  }

  /**
   * Loads a version anew that was struck here when a question was sent at `sent`, unless that was done since. Nothing where struck ones
   * are asked on and on.
   */
  reload(held: Held, sent: number): void {
    const { id } = held.version
    if (this.process.penalty || (this.#reloads.get(id) ?? Number.NEGATIVE_INFINITY) > sent) return
    this.#reloads.set(id, performance.now())
    this.load(held, () => {})
  }

  /** Loads versions one by one, the last first, as long as there is room for more without unloading any. */
  loadMany(versions: readonly Held[]): void {
    const missing = versions.filter((held) => !this.has(held))
    const next = (): void => {
      const held = missing.pop()
      if (held !== undefined && this.hasRoom && this.process.ready) this.load(held, next)
    }
    next()
  }

  give(loading: Loading): void {
    const { held } = loading
    if (this.process.load === 0) this.relieve()
    const { id: version, code, limits } = held.version
    this.#makeRoom(version)
    this.#loaded.set(version, { held, usedAt: performance.now() })
    this.#expected += LOADING
    this.#askedLast = undefined
    const { loadTime } = limits
    const allowed = { wall: loadTime + LOAD_GRACE, cpu: ATTEMPTS * loadTime, router: loadTime, beside: BESIDE.loading }
    this.process.ask(loading, allowed, (id) => encodeLoad(id, { version, limits, code }))
  }

  measure(measuring: Measuring): void {
    this.#askedLast = undefined
    this.process.ask(measuring, MEASURING, (id) => encodeMeasure(id, measuring.version.id))
  }

  /** It owes this answer no more. */
  settled(job: Job): void {
    if (job.kind !== 'measuring') this.#expected -= job.kind === 'asking' ? job.booked : LOADING
    if (this.process.load === 0) this.#expected = 0 // sums of fractions drift
  }

  unload(id: number): void {
    this.#reloads.delete(id)
    if (!this.#loaded.delete(id)) return
    this.process.expect(BESIDE.unloading)
    this.#askedLast = undefined
    this.process.send(encodeUnload(id))
  }

  /** Unloads what was last asked about before `since`. */
  evictIdle(since: number): void {
    for (const [id, { held }] of this.#loaded) if (held.usedAt < since) this.unload(id)
  }

  /** Called now and then: kills the host when it has outgrown its memory, and sees to it that it does not. */
  watchMemory(): void {
    const { residentBytes } = this.process
    if (residentBytes > this.#options.hostMemory)
      return this.process.kill('memory', `${Math.round(residentBytes / MiB)} MiB resident, over its limit`)
    const now = performance.now()
    if (now - this.#relievedAt < RELIEF) return
    this.#relievedAt = now
    this.relieve(residentBytes)
  }

  /** Whether it may load another version and keep those that it has. */
  get hasRoom(): boolean {
    const { hostMemory } = this.#options
    return this.#loaded.size < this.#room && this.process.residentBytes < RELIEVED * hostMemory
  }

  /** Near its limit it unloads what was longest not asked about, until it should be well below. */
  relieve(resident: number = this.process.residentBytes): void {
    const { hostMemory } = this.#options
    if (resident < PRESSED * hostMemory || this.#loaded.size === 0) return
    const each = Math.max(1, resident - this.#emptyBytes) / this.#loaded.size
    const many = Math.min(this.#loaded.size, Math.ceil((resident - RELIEVED * hostMemory) / each))
    const oldest = [...this.#loaded.values()].sort((one, other) => one.held.usedAt - other.held.usedAt)
    for (const { held } of oldest.slice(0, many)) this.unload(held.version.id)
  }

  /** Those go that were longest not asked about here. */
  #makeRoom(coming: number): void {
    this.#loaded.delete(coming)
    const many = this.#loaded.size - this.#room + 1
    if (many <= 0) return
    const oldest = [...this.#loaded.values()].sort((one, other) => one.usedAt - other.usedAt)
    for (const { held } of oldest.slice(0, many)) this.unload(held.version.id)
  }
}
