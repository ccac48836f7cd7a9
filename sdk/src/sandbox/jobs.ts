import { performance } from 'node:perf_hooks'
import type { Queued } from './fair-queue.ts'
import { decodeAnswer } from './frames.ts'
import type { Held } from './held.ts'
import type { Pending } from './host-process.ts'
import type { LoadedHost } from './loaded-host.ts'
import { failure, HostViolation, parseDescription, parseMeasure } from './replies.ts'
import type { Failed, Question, Reply, RouterDescription, SandboxVersion } from './sandbox.ts'

/** What a host may owe an answer to. */
export type Job = Asking | Loading | Measuring

/** The host that was to do a job is gone. `blame`: whether the job is why. */
export class HostGone extends Error {
  readonly blame: 'certain' | 'suspect' | 'none'

  constructor(message: string, blame: HostGone['blame']) {
    super(message)
    this.blame = blame
  }
}

/** Times that hosts may say of one question that it is to be asked elsewhere. */
const MOST_MOVES = 8
/** After so many of them the machine has no time for it. */
const MOVES_TO_GIVE_UP = 6

/** A question on its way: it outlives the hosts that it is asked of. */
export class Asking implements Pending, Queued {
  readonly kind = 'asking'
  readonly held: Held
  readonly question: Question
  readonly since = performance.now()
  /** Which host it was last sent to, and when. */
  at: LoadedHost | undefined
  sent = 0
  /** What it was expected to take when it was sent, what its tenant was charged with then, and what it took, in CPU milliseconds. */
  booked = 0
  charged = 0
  spent = 0
  /** CPU milliseconds that its router used up for it, wherever it was asked. */
  used = 0
  /** Where it was taken from to be sent, and has to be settled. */
  from: { settle(asking: Asking, spent: number): void } | undefined
  /** Hosts that were lost with this question unanswered behind another one. */
  lost = 0
  /** A host was lost while answering it: it is asked again, where another loss harms nobody. */
  suspect = false
  /** It was slow: it is asked again where others are. */
  slow = false
  /** What the hosts that were lost while answering it count against it. */
  suspicion = 0
  /** Its router used up its CPU time once, and is asked once more; `confirms`: it gets its strike if it does so again. */
  secondChance: 'none' | 'confirms' | 'struck' = 'none'
  #moves = 0
  readonly #done: (asking: Asking, reply: Reply | 'elsewhere') => void

  constructor(held: Held, question: Question, done: (asking: Asking, reply: Reply | 'elsewhere') => void) {
    this.held = held
    this.question = question
    this.#done = done
  }

  get version(): SandboxVersion {
    return this.held.version
  }

  get tenant(): string {
    return this.held.version.tenant
  }

  get expected(): number {
    return this.held.expected
  }

  get likely(): number {
    return this.held.likely
  }

  /** Hosts that said of it that it is to be asked elsewhere. */
  get moves(): number {
    return this.#moves
  }

  /**
   * What it gets, if anything, when a host would not ask it again since its router was struck there, or could not for want of the
   * processor. What the router used all the same is added up: in the end it has had its CPU time. A machine that has no time for
   * it, after so many tries, gives it none: that is no fault of its router's. A host that says so at once is lying, and the
   * question is asked until that is a violation.
   */
  get givenUp(): Failed | undefined {
    const { decisionTime } = this.version.limits
    if (performance.now() - this.sent < decisionTime) return undefined
    if (this.used >= decisionTime)
      return failure('timeout', `no answer after ${decisionTime} ms of CPU time`, this.used * 1000)
    if (this.#moves < MOVES_TO_GIVE_UP) return undefined
    return failure('unavailable', 'its sandbox hosts are not given the processor', 0)
  }

  answered(body: Buffer): () => void {
    const { status, cpu: said, json } = decodeAnswer(body)
    const cpu = believable(said, this.sent)
    const { parsed, version } = this.held
    const reply = status === 'elsewhere' ? status : parsed.parse(status, cpu, json, version.limits.decisionTime)
    if (reply === 'elsewhere' && ++this.#moves > MOST_MOVES)
      throw new HostViolation(`a question that was sent elsewhere ${this.#moves} times`)
    this.spent = cpu / 1000
    this.used += this.spent
    if (reply !== 'elsewhere') this.held.took(this.spent)
    return () => this.#done(this, reply)
  }

  /** Ends the question without a host's answer. */
  fail(reply: Reply): void {
    this.#done(this, reply)
  }
}

/** A version on its way into one host. */
export class Loading implements Pending {
  readonly kind = 'loading'
  readonly held: Held
  readonly since = performance.now()
  /** CPU milliseconds. */
  spent = 0
  readonly #done: (result: RouterDescription | Error) => void

  constructor(held: Held, done: (result: RouterDescription | Error) => void) {
    this.held = held
    this.#done = done
  }

  get version(): SandboxVersion {
    return this.held.version
  }

  answered(body: Buffer): () => void {
    const { status, cpu, json } = decodeAnswer(body)
    this.spent = believable(cpu, this.since) / 1000
    let result: RouterDescription | Error
    try {
      result = parseDescription(status, json, this.version.limits.loadTime)
    } catch (error) {
      if (error instanceof HostViolation || !(error instanceof Error)) throw error
      result = error
    }
    return () => this.#done(result)
  }

  fail(error: Error): void {
    this.#done(error)
  }
}

/** How many bytes a version holds in one host. */
export class Measuring implements Pending {
  readonly kind = 'measuring'
  readonly held: Held
  readonly since = performance.now()
  /** Nobody's time: it is for tests. */
  readonly spent = 0
  readonly #done: (bytes: number | undefined) => void

  constructor(held: Held, done: (bytes: number | undefined) => void) {
    this.held = held
    this.#done = done
  }

  get version(): SandboxVersion {
    return this.held.version
  }

  answered(body: Buffer): () => void {
    const { status, json } = decodeAnswer(body)
    const bytes = parseMeasure(status, json)
    return () => this.#done(bytes)
  }

  /** Ends it without a host's answer. */
  fail(): void {
    this.#done(undefined)
  }
}

/**
 * CPU microseconds that a host says that a job took, and no more than the time since it was sent: otherwise a host that was
 * taken over could use up any tenant's CPU time for hours.
 */
function believable(cpu: number, sent: number): number {
  return Math.min(cpu, Math.ceil((performance.now() - sent) * 1000))
}
