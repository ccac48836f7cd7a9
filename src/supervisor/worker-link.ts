import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Position, RouterDescription } from 'router-sdk/sandbox'
import type { WorkerReport } from '../control/status.ts'
import type { FromWorker, ToWorker } from '../worker/messages.ts'
import { NEEDS_SESSION } from './child-group.ts'
import { Liveness } from './liveness.ts'
import type { FirstDecisions } from './probation.ts'

const WORKER = fileURLToPath(import.meta.resolve('#worker'))
/** Milliseconds for a new process to be ready, and for a listener to open. */
const READY_LIMIT = 15_000
/**
 * Milliseconds for one of the versions that wait to be loaded, beside the time that loading may take: a worker loads them one
 * after the other, so how long one waits says nothing, and that none is done does.
 */
const WARM_LIMIT = 30_000
/** How often a version may be loaded until it is known whether it can be. */
const MOST_LOADS = 4
const ACTIVATE_LIMIT = 10_000
const REPORT_LIMIT = 2000
/** `process.title` can be as long as the command line was; this makes room for the worker's. */
const TITLE_ROOM = ' '.repeat(160)
/**
 * How large V8 may make each half of the space for new objects, in MiB. It would let them grow to a multiple of this while
 * connections come, which doubles what an idle connection takes and saves nothing; a quarter of it costs a tenth more CPU time.
 */
const YOUNG_OBJECTS = '--max-semi-space-size=8'
/**
 * Young garbage is collected in one piece, by the first thread or one that helps it, not in several: the first thread waits, with all
 * connections, for one other at most until the system has let it run. What it costs is the same. With `--single-threaded-gc` it would
 * wait for none, but what an idle connection takes is a third more, and first bytes come no sooner.
 */
const UNDIVIDED = '--no-parallel-scavenge'

/** A worker could not load a version; `fault` says whether its router is to blame. */
export class WarmFailure extends Error {
  readonly fault: 'router' | 'sandbox'
  readonly position: Position | undefined

  constructor(fault: 'router' | 'sandbox', message: string, position: Position | undefined) {
    super(message)
    this.fault = fault
    this.position = position
  }
}

/** The worker died, or did not answer, before it did what it was asked. */
export class WorkerLost extends Error {}

/** It lives, and does not answer. */
export class WorkerSilent extends WorkerLost {}

export interface Connections {
  readonly current: number
  readonly max: number
  readonly total: number
}

interface Pending {
  readonly resolve: (description: RouterDescription | undefined) => void
  readonly reject: (error: Error) => void
}

/** One worker and what is said to it. */
export interface WorkerLink {
  readonly index: number
  readonly pid: number | undefined
  /** Called each time the worker says how many connections it has. */
  onConnections: ((connections: Connections) => void) | undefined
  /** Called now and then while it counts the first decisions of a version. */
  onFirstDecisions?: ((counts: readonly FirstDecisions[]) => void) | undefined
  /** Resolves, never rejects, when the process is gone; with why. */
  readonly exited: Promise<string>
  /** Connections that a drain had to end; `undefined` before the worker has said so. */
  readonly forced: number | undefined
  /** Sends the first message and waits until the worker can be given versions. Rejects with `WorkerLost`. */
  start(message: Extract<ToWorker, { type: 'start' }>): Promise<void>
  /** Rejects with `WarmFailure` or `WorkerLost`. */
  warm(message: Extract<ToWorker, { type: 'warm' }>): Promise<RouterDescription>
  /** Rejects with an error that says why the listener could not be opened, or with `WorkerLost`. */
  activate(message: Extract<ToWorker, { type: 'activate' }>): Promise<void>
  /** What the worker says of its tenants; `undefined` when it does not answer in time. */
  report(): Promise<WorkerReport | undefined>
  /** A worker that is gone needs no message. */
  send(message: ToWorker): void
  kill(): void
}

export interface ForkOptions {
  /** The program. Default: the worker's. */
  readonly program?: string
  /** Milliseconds. Default: 30 seconds. */
  readonly warmLimit?: number
  /** Milliseconds between two questions for a sign of life. Default: 1 second. */
  readonly signEvery?: number
}

/** A worker in a process of its own. One whose event loop does not turn any more is killed: whoever hears of it starts another. */
export class ForkedWorker implements WorkerLink {
  readonly index: number
  onConnections: ((connections: Connections) => void) | undefined
  onFirstDecisions: ((counts: readonly FirstDecisions[]) => void) | undefined
  readonly exited: Promise<string>
  forced: number | undefined
  readonly #child: ChildProcess
  readonly #pending = new Map<string, Pending>()
  readonly #warming = new Set<NodeJS.Timeout>()
  readonly #reports = new Map<number, (report: WorkerReport | undefined) => void>()
  #lastReport = 0
  readonly #warmLimit: number
  readonly #signEvery: number | undefined
  #liveness: Liveness | undefined
  /** Why we killed it, where the signal does not say it. */
  #verdict: string | undefined

  constructor(index: number, { program = WORKER, warmLimit = WARM_LIMIT, signEvery }: ForkOptions = {}) {
    this.index = index
    this.#warmLimit = warmLimit
    this.#signEvery = signEvery
    this.#child = fork(program, [TITLE_ROOM], {
      execArgv: ['--disable-warning=ExperimentalWarning', YOUNG_OBJECTS, UNDIVIDED],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: NEEDS_SESSION,
    })
    const { promise, resolve } = Promise.withResolvers<string>()
    this.exited = promise
    this.#child.on('message', (message) => this.#receive(message))
    this.#child.on('exit', (code, signal) => resolve(this.#verdict ?? signal ?? `exit code ${code}`))
    this.#child.on('error', (error) => (this.#child.pid === undefined ? resolve(error.message) : this.kill()))
    void promise.then((why) => {
      this.#liveness?.stop()
      this.#failAll(new WorkerLost(`worker ${index} ended (${why})`))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  async start(message: Extract<ToWorker, { type: 'start' }>): Promise<void> {
    await this.#request('ready', message, READY_LIMIT)
    this.#liveness = new Liveness({
      ask: () => this.send({ type: 'ping' }),
      silent: (time) => {
        this.#verdict = `no sign of life for ${time} ms: killed`
        this.kill()
      },
      every: this.#signEvery,
    })
  }

  async warm(message: Extract<ToWorker, { type: 'warm' }>): Promise<RouterDescription> {
    const limit = this.#warmLimit + MOST_LOADS * message.version.limits.loadTime
    const description = await this.#request(`warm ${message.version.id}`, message, limit)
    if (description === undefined) throw new Error('a warmed version has a description')
    return description
  }

  async activate(message: Extract<ToWorker, { type: 'activate' }>): Promise<void> {
    await this.#request(`activate ${message.id}`, message, ACTIVATE_LIMIT)
  }

  async report(): Promise<WorkerReport | undefined> {
    const id = ++this.#lastReport
    const { promise, resolve } = Promise.withResolvers<WorkerReport | undefined>()
    const timer = setTimeout(resolve, REPORT_LIMIT, undefined)
    this.#reports.set(id, resolve)
    this.send({ type: 'report', id })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#reports.delete(id)
    }
  }

  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #request(what: string, message: ToWorker, limit: number): Promise<RouterDescription | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<RouterDescription | undefined>()
    this.#pending.set(what, { resolve, reject })
    const lost = () =>
      reject(new WorkerSilent(`worker ${this.index} did nothing of what it was asked for ${limit} ms (${what})`))
    const timer = setTimeout(lost, limit)
    if (message.type === 'warm') this.#warming.add(timer)
    if (this.#child.connected) this.send(message)
    else reject(new WorkerLost(`worker ${this.index} has ended`))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#warming.delete(timer)
      this.#pending.delete(what)
    }
  }

  #receive(received: unknown): void {
    if (!isFromWorker(received)) return
    const message = received
    switch (message.type) {
      case 'ready':
        return this.#pending.get('ready')?.resolve(undefined)
      case 'pong':
        return this.#liveness?.answered()
      case 'warmed':
        this.#goesOn()
        return this.#pending.get(`warm ${message.id}`)?.resolve(message.description)
      case 'warm-failed':
        this.#goesOn()
        return this.#pending
          .get(`warm ${message.id}`)
          ?.reject(new WarmFailure(message.fault, message.message, message.position))
      case 'activated':
        return this.#pending.get(`activate ${message.id}`)?.resolve(undefined)
      case 'activate-failed':
        return this.#pending.get(`activate ${message.id}`)?.reject(new Error(message.message))
      case 'connections':
        return this.onConnections?.(message)
      case 'first-decisions':
        return this.onFirstDecisions?.(message.counts)
      case 'report':
        this.#reports.get(message.id)?.(message.report)
        return
      case 'drained':
        this.forced = message.forced
        return
      default:
        return message satisfies never
    }
  }

  /** One version less stands before those that wait to be loaded. */
  #goesOn(): void {
    for (const timer of this.#warming) timer.refresh()
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error)
  }
}

/** The worker is ours: it is enough to know that this is one of its messages. */
function isFromWorker(message: unknown): message is FromWorker {
  return typeof message === 'object' && message !== null && 'type' in message && typeof message.type === 'string'
}
