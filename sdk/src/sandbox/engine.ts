import type { Status } from './engine-status.ts'
import { type Outcome, RouterIsolate } from './isolate.ts'
import type { CodeLimits } from './sandbox.ts'

export interface EngineAnswer {
  readonly status: Status
  /** What the bootstrap said, with `returned`: untrusted JSON. With `broken` a sentence, else nothing. */
  readonly json: string
  /** CPU time in microseconds. */
  readonly cpu: number
}

interface Loaded {
  /** Outside of the heap, of which a host has little: it is read again only when the isolate has to be replaced. */
  readonly code: Buffer
  readonly limits: CodeLimits
  isolate: RouterIsolate
  /** It timed out or ran out of memory here: further questions are sent elsewhere, so that they cost its neighbours nothing. */
  struck: boolean
  /** It was ended somewhere in the middle: it has to be replaced before it is asked again. */
  interrupted: boolean
}

/**
 * A descheduled host sees its wall-clock timeout pass without the router having run: then it is tried once more. Not oftener,
 * because the wall time of all attempts has to stay well below the deadline at which the host is killed.
 */
const ATTEMPTS = 2

const MOST_PATIENCE = 60

/** Shares of its CPU time from which on a router was not descheduled. One that loops takes what a penalty host gets, and that is little. */
const HALF = 0.5
const HARDLY_ANY = 0.1

/**
 * The isolates of one host, by version. The same engine runs in a sandbox host process and in the direct sandbox, so that what
 * is tested is what is served.
 */
export class RouterEngine {
  /** A penalty host asks a struck router on and on; any other host refuses after the first strike. */
  readonly #penalty: boolean
  readonly #loaded = new Map<number, Loaded>()

  constructor(penalty: boolean) {
    this.#penalty = penalty
  }

  load(id: number, code: string, limits: CodeLimits): EngineAnswer {
    this.unload(id)
    for (let attempt = 1; ; attempt++) {
      const isolate = new RouterIsolate(limits.isolateMemory)
      const outcome = isolate.load(code, limits.loadTime)
      const used = isolate.lap()
      if (outcome.kind === 'returned')
        this.#loaded.set(id, { code: Buffer.from(code), limits, isolate, struck: false, interrupted: false })
      else isolate.dispose()
      if (!descheduled(outcome, used, limits.loadTime, HALF) || attempt === ATTEMPTS) return toAnswer(outcome, used)
    }
  }

  unload(id: number): void {
    this.#loaded.get(id)?.isolate.dispose()
    this.#loaded.delete(id)
  }

  /** `question` as in `question-text.ts`. */
  ask(id: number, question: string): EngineAnswer {
    const loaded = this.#loaded.get(id)
    // It was struck here, or could not be loaded.
    if (!this.#penalty && (loaded === undefined || loaded.struck)) return { status: 'elsewhere', json: '', cpu: 0 }
    if (loaded === undefined) return { status: 'broken', json: `version ${id} is not loaded`, cpu: 0 }
    const restoring = loaded.struck || loaded.interrupted ? this.#restore(loaded) : 0
    const answer = this.#call(loaded, question, restoring)
    if (answer.status === 'timeout' || answer.status === 'memory') loaded.struck = true
    return answer
  }

  /** Says how many bytes a version holds; `elsewhere` where it is not loaded. */
  measure(id: number): EngineAnswer {
    const isolate = this.#loaded.get(id)?.isolate
    if (isolate === undefined || isolate.disposed) return { status: 'elsewhere', json: '', cpu: 0 }
    try {
      return { status: 'returned', json: String(isolate.measure()), cpu: 0 }
    } catch {
      return { status: 'memory', json: '', cpu: 0 } // there is no room for a context
    }
  }

  close(): void {
    for (const id of [...this.#loaded.keys()]) this.unload(id)
  }

  /** `spent`: CPU microseconds that the question has cost already. */
  #call(loaded: Loaded, question: string, spent: number): EngineAnswer {
    const allowed = loaded.limits.decisionTime
    const wall = this.#penalty ? patience(allowed) : allowed
    let total = spent
    for (let attempt = 1; ; attempt++) {
      const { isolate } = loaded
      const started = performance.now()
      const outcome = isolate.call(question, wall)
      // One that ran out of memory is gone, and its clock with it.
      const used = isolate.disposed ? (performance.now() - started) * 1000 : isolate.lap()
      total += used
      if (outcome.kind === 'returned' && this.#penalty && used > allowed * 1100)
        return toAnswer({ kind: 'timeout' }, total)
      if (!descheduled(outcome, used, allowed, this.#penalty ? HARDLY_ANY : HALF)) return toAnswer(outcome, total)
      if (attempt === ATTEMPTS || this.#penalty) return this.#giveUp(loaded, total)
      // What the first attempt left on the heap would count against the second.
      total += this.#restore(loaded)
    }
  }

  /** A router that was not given the processor has not shown to be slow: it is no strike, and it may be asked anywhere. */
  #giveUp(loaded: Loaded, cpu: number): EngineAnswer {
    loaded.interrupted = true
    return { status: 'elsewhere', json: '', cpu }
  }

  /** The answer is what it cost, in CPU microseconds. */
  #restore(loaded: Loaded): number {
    loaded.isolate.dispose()
    loaded.isolate = new RouterIsolate(loaded.limits.isolateMemory)
    loaded.isolate.load(loaded.code.toString(), loaded.limits.loadTime)
    loaded.struck = false
    loaded.interrupted = false
    return loaded.isolate.lap()
  }
}

/**
 * Where nobody's questions stand behind it, a router that gets little of the processor has longer to use up its CPU time: wall
 * milliseconds for so many of CPU, still below the deadline at which the host is killed.
 */
function patience(allowed: number): number {
  return Math.max(allowed, Math.min(4 * allowed, MOST_PATIENCE))
}

/** `used` in microseconds, `allowed` in milliseconds, of which one that had `share` had enough to say that it loops. */
function descheduled(outcome: Outcome, used: number, allowed: number, share: number): boolean {
  return outcome.kind === 'timeout' && used < allowed * 1000 * share
}

function toAnswer(outcome: Outcome, cpu: number): EngineAnswer {
  const json = outcome.kind === 'returned' ? outcome.result : outcome.kind === 'broken' ? outcome.message : ''
  return { status: outcome.kind, json, cpu }
}
