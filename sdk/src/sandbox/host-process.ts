import { type ChildProcess, spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { hostGroup, leaveGroup } from './cgroup.ts'
import { CpuClaims } from './cpu-claims.ts'
import { FRAME, type Frame, FrameReader, FrameViolation, MAX_HOST_FRAME, PROTOCOL_VERSION } from './frames.ts'
import { hostArguments } from './host-arguments.ts'
import { HostChannel } from './host-channel.ts'
import { mainThreadTime, mayTakeBack, processorTime, residentBytes, yieldToOthers } from './process-files.ts'
import { HostViolation } from './replies.ts'

/**
 * Why a host is gone. For `deadline` and `violation` the question that it was answering is known to be to blame; for `crashed`
 * (a signal of its own making, an exit) it is likely; for `memory` it may have been the last of many, and for `cpu` (time that
 * it did not speak of) any; for `exited` (a SIGKILL or
 * SIGTERM) it was most likely somebody else.
 */
export type HostLoss = 'deadline' | 'violation' | 'crashed' | 'memory' | 'cpu' | 'exited'

/** What a host owes an answer to. */
export interface Pending {
  /**
   * Reads the answer and gives what is to be done with it.
   *
   * @throws FrameViolation or HostViolation when it makes no sense: the host is then killed.
   */
  answered(body: Buffer): () => void
  /** CPU milliseconds that it took, by what the host said in its answer. */
  readonly spent: number
}

interface InFlight<P> {
  readonly id: number
  readonly pending: P
  readonly allowed: Allowance
}

/** Milliseconds that an answer may take once begun. */
export interface Allowance {
  readonly wall: number
  /** A host that used less than this was not given the processor, and gets more wall time. */
  readonly cpu: number
  /** CPU milliseconds that the router may take: it did, when the host has used `cpu`. */
  readonly router: number
  /** CPU milliseconds that it may take beside those that the host speaks of. */
  readonly beside: number
}

export interface HostEvents<P> {
  ready(): void
  /** It answered, and owes this no more; the answer has not been delivered yet. */
  answered(pending: P): void
  /** The answer has been delivered. */
  delivered(): void
  /**
   * The host is gone, or on its way: it will answer nothing more. `pending` is what it owed, oldest first; it was busy with the
   * first for `busyFor` milliseconds.
   */
  lost(loss: HostLoss, detail: string, pending: readonly P[], busyFor: number): void
}

/**
 * Nothing of ours. Memory of isolates goes back to the system when they go: glibc would keep what is scattered among the
 * memory of those that stay, unless larger pieces are mapped one by one.
 */
const ENVIRONMENT = {
  TZ: 'UTC',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_TOP_PAD_: '0',
}
/**
 * Connections come first: their worker gets half as much again of a processor for which there is a queue, and four times as
 * much as hosts in which nobody waits who was not slow himself (sched(7)). It also is there sooner: beside four programs that always
 * have something to do, one that wakes a thousand times a second waits 3 ms in one of ten cases when they are as nice as itself, and
 * 0.1 ms when they are nicer by 5. Much nicer ones miss deadlines on a busy machine, and hosts that are killed cost more. Nobody but new
 * versions waits for the spare: it is as nice as a penalty host, where it can be made less so when it is to serve.
 */
const NICE = { serving: 2, spare: 6, penalty: 6 } as const
/** A host that has been busy with its oldest question for less than this is not looked at yet, in milliseconds. */
const PROMPT = 5
/** A host that gets no processor time is given up after this many deadlines. */
const ABANDONED = 5
const MAX_START = 10_000

/**
 * One sandbox host as its worker sees it: a child process, the channel to it, and what it was asked and has not answered.
 * Everything that comes from it is hostile until parsed. It is ended only by SIGKILL.
 */
export class HostProcess<P extends Pending> {
  readonly pid: number
  readonly penalty: boolean
  /** When it must have said that it is ready, on the clock of `performance.now()`. */
  readonly startBy: number
  /** Settles when the process is gone for good. */
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  readonly #channel: HostChannel
  readonly #events: HostEvents<P>
  readonly #inFlight: InFlight<P>[] = []
  #nextId = 1
  #ready = false
  #lost = false
  /** When the oldest unanswered question became the oldest, and what the watch saw of it. */
  #headSince = 0
  #watched: { id: number; cpu: number } | undefined
  /** From when it is ready, where the system says what processes use. */
  #claims: CpuClaims | undefined
  /** The control group that it is alone in, where it has one. */
  #group: string | undefined

  constructor(command: readonly string[], penalty: boolean, events: HostEvents<P>) {
    this.#events = events
    this.penalty = penalty
    this.startBy = performance.now() + MAX_START
    const [program = '', ...words] = [...command, ...hostArguments(penalty)]
    this.#child = spawn(program, words, {
      cwd: '/',
      env: ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    this.pid = this.#child.pid ?? -1
    this.yieldAs(penalty ? 'penalty' : 'serving')
    const reader = new FrameReader(MAX_HOST_FRAME)
    this.#channel = new HostChannel(this.#child, {
      heard: (chunk) => this.#read(reader, chunk),
      misspoke: () => this.kill('violation', 'bytes where it is only to listen'),
      // The exit that follows says how it ended.
      broke: () => this.#child.kill('SIGKILL'),
    })
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.once('error', () => resolve())
    })
    this.#child.on('error', (error) => this.#lose('exited', `it could not be started: ${error.message}`))
    this.#child.on('exit', (code, signal) => {
      if (this.#group !== undefined && leaveGroup(this.#group))
        this.#lose('memory', 'the kernel ended it, over the memory of its control group')
      const killed = signal === 'SIGKILL' || signal === 'SIGTERM'
      this.#lose(killed ? 'exited' : 'crashed', `it exited with ${signal ?? code}`)
    })
  }

  get ready(): boolean {
    return this.#ready && !this.#lost
  }

  get load(): number {
    return this.#inFlight.length
  }

  /** How long it has been busy with the oldest question, in milliseconds; 0 when it owes none. */
  get busyFor(): number {
    return this.#inFlight.length === 0 ? 0 : performance.now() - this.#headSince
  }

  /** 0 when the process is gone, or the system does not say. */
  get residentBytes(): number {
    return residentBytes(this.pid)
  }

  /** How much of a processor it gets beside others. */
  yieldAs(role: keyof typeof NICE): void {
    if (this.pid > 0 && (role !== 'spare' || mayTakeBack())) yieldToOthers(this.pid, NICE[role])
  }

  /** Sends what `encode` makes of a fresh id. */
  ask(pending: P, allowed: Allowance, encode: (id: number) => Buffer): void {
    const id = this.#nextId
    this.#nextId = (id + 1) >>> 0
    if (this.#inFlight.length === 0) this.#headSince = performance.now()
    this.#inFlight.push({ id, pending, allowed })
    this.send(encode(id))
  }

  send(frame: Buffer): void {
    if (!this.#lost) this.#channel.send(frame)
  }

  /** Called on a coarse tick: kills the host when the oldest question is past its deadline. */
  checkDeadline(): void {
    const head = this.#inFlight[0]
    const elapsed = this.busyFor
    if (head === undefined || this.#lost || elapsed < PROMPT) return
    if (this.#watched?.id !== head.id) {
      this.#watched = { id: head.id, cpu: mainThreadTime(this.pid) }
      return
    }
    const { wall, cpu, router } = head.allowed
    if (elapsed < wall) return
    // Not given the processor, it is not to blame, up to a point: a stopped host never gets it.
    const ran = mainThreadTime(this.pid) - this.#watched.cpu >= cpu
    if (!ran && elapsed < wall * ABANDONED) return
    // The answer may be waiting in our own queue, if it was we who were late: read first, then judge.
    setImmediate(() => {
      const after = ran ? `${router} ms of CPU time` : `${Math.round(performance.now() - this.#headSince)} ms`
      if (this.#inFlight[0]?.id === head.id) this.kill('deadline', `no answer after ${after}`)
    })
  }

  /** Called once a second: kills a host that used far more of the processor than it said. */
  checkClaims(): void {
    const used = processorTime(this.pid)
    if (this.#claims === undefined || used === undefined || this.#lost) return
    const excess = this.#claims.unexplained(used, this.busyFor, performance.now())
    if (excess > 0) this.kill('cpu', `it used ${Math.round(excess)} ms of CPU time more than it said`)
  }

  /** What it is told to do beside answering may take it so many CPU milliseconds. */
  expect(milliseconds: number): void {
    this.#claims?.said(0, milliseconds)
  }

  kill(loss: HostLoss, detail: string): void {
    this.#child.kill('SIGKILL')
    this.#lose(loss, detail)
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    if (this.#lost) return
    try {
      reader.feed(chunk, (frame) => this.#frame(frame))
      if (reader.unfinished > 0 && this.#ready && this.#inFlight.length === 0)
        throw new FrameViolation('the beginning of an answer that nobody asked for')
    } catch (error) {
      if (!(error instanceof FrameViolation || error instanceof HostViolation)) throw error
      this.kill('violation', error.message)
    }
  }

  #frame({ type, id, body }: Frame): void {
    if (this.#lost) return
    if (type === FRAME.ready && !this.#ready) {
      if (id !== PROTOCOL_VERSION) throw new FrameViolation(`protocol version ${id}`)
      this.#ready = true
      this.#group = hostGroup(this.pid)
      // once more, for threads that it had by then
      this.yieldAs(this.penalty ? 'penalty' : 'serving')
      const used = processorTime(this.pid)
      if (used !== undefined) this.#claims = new CpuClaims(used, performance.now())
      return this.#events.ready()
    }
    const head = this.#inFlight[0]
    if (type !== FRAME.answer || head === undefined || head.id !== id)
      throw new FrameViolation(`a frame of type ${type} and id ${id}, which answers nothing that was asked`)
    const deliver = head.pending.answered(body)
    this.#claims?.said(head.pending.spent, head.allowed.beside)
    this.#inFlight.shift()
    this.#headSince = performance.now()
    this.#events.answered(head.pending)
    deliver()
    this.#events.delivered()
  }

  #lose(loss: HostLoss, detail: string): void {
    if (this.#lost) return
    this.#lost = true
    this.#channel.close()
    const { busyFor } = this
    const owed = this.#inFlight.splice(0).map(({ pending }) => pending)
    this.#events.lost(loss, detail, owed, busyFor)
  }
}
