import { performance } from 'node:perf_hooks'
import type { Status } from './engine-status.ts'
import { type Outcome, RouterIsolate } from './isolate.ts'
import { patience } from './patience.ts'
import { Lap } from './process-time.ts'
import { questionsTogether } from './question-text.ts'
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
  /** CPU microseconds of questions that came to nothing together: the next answer counts them. */
  unpaid: number
  /** Questions among which memory ran out when they were asked together, and which were not asked by themselves yet. */
  doubtful: number
}

/**
 * A descheduled host sees its wall-clock timeout pass without the router having run: then it is tried once more, and for a while
 * all routers have longer for their CPU time. Not oftener, because the wall time of all attempts has to stay well below the
 * deadline at which the host is killed.
 */
const ATTEMPTS = 2
/** How long a machine counts as busy after a router was not given the processor, in milliseconds. */
const BUSY = 1000
/** Share of its CPU time from which on a router was not descheduled. */
const HALF = 0.5

/**
 * Milliseconds that a decision must have for several to be asked in its time: no more come together than are expected to take half of
 * one, and what none of them took too long for is not to be held against the first.
 */
const LEAST_TOGETHER = 5

/** It is to be asked of another host. */
const NOT_ASKED: EngineAnswer = { status: 'elsewhere', json: '', cpu: 0 }

/**
 * The isolates of one host, by version. The same engine runs in a sandbox host process and in the direct sandbox, so that what
 * is tested is what is served.
 */
export class RouterEngine {
  /** A penalty host asks a struck router on and on; any other host refuses after the first strike. */
  readonly #penalty: boolean
  readonly #loaded = new Map<number, Loaded>()
  /** On the clock of `performance.now()`. */
  #busyUntil = 0

  constructor(penalty: boolean) {
    this.#penalty = penalty
  }

  load(id: number, code: string, limits: CodeLimits): EngineAnswer {
    this.unload(id)
    const { loadTime } = limits
    let wall = loadTime
    for (let attempt = 1; ; attempt++) {
      const lap = new Lap()
      const isolate = new RouterIsolate(limits.isolateMemory)
      const outcome = isolate.load(code, wall)
      const { used } = lap
      const late = outcome.kind === 'returned' && used > loadTime * 1100
      if (outcome.kind === 'returned' && !late)
        this.#loaded.set(id, {
          code: Buffer.from(code),
          limits,
          isolate,
          struck: false,
          interrupted: false,
          unpaid: 0,
          doubtful: 0,
        })
      else isolate.dispose()
      if (late) return toAnswer({ kind: 'timeout' }, used)
      if (attempt === ATTEMPTS || !descheduled(outcome, used, loadTime)) return toAnswer(outcome, used)
      // with the processor to itself, it must not take what its host may for both
      wall = Math.min(secondChance(loadTime, used), Math.round(ATTEMPTS * loadTime - used / 1000))
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
    if (!this.#penalty && (loaded === undefined || loaded.struck)) return NOT_ASKED
    if (loaded === undefined) return { status: 'broken', json: `version ${id} is not loaded`, cpu: 0 }
    const { unpaid } = loaded
    loaded.unpaid = 0
    const restoring = loaded.struck || loaded.interrupted ? this.#restore(loaded) : 0
    const answer = this.#judged(loaded, this.#call(loaded, question, unpaid + restoring))
    if (answer.status === 'timeout' || answer.status === 'memory') loaded.struck = true
    return answer
  }

  /**
   * Asks all of them by one call, in the time of one: entering an isolate, its time limit and two readings of the clock cost more
   * than many a decision. `undefined` where that did not do, and each is to be asked by itself, in their order: routers are pure,
   * so none is asked twice to any effect. When time is up nobody knows which of them took it: the first is said to have, and gets
   * its second chance elsewhere, as the others do.
   */
  askTogether(id: number, questions: readonly string[]): EngineAnswer[] | undefined {
    const loaded = this.#loaded.get(id)
    const apart = this.#penalty || performance.now() < this.#busyUntil
    if (apart || loaded === undefined || loaded.struck || loaded.interrupted) return undefined
    const allowed = loaded.limits.decisionTime
    if (allowed < LEAST_TOGETHER) return undefined
    const lap = new Lap()
    const outcome = loaded.isolate.call(questionsTogether(questions), allowed)
    const { used } = lap
    const answers = outcome.kind === 'returned' ? outcome.result.split('\n') : []
    if (answers.length === questions.length)
      return answers.map((json) => ({ status: 'returned', json, cpu: used / questions.length }))
    if (descheduled(outcome, used, allowed)) this.#busyUntil = performance.now() + BUSY
    else if (outcome.kind === 'timeout') {
      loaded.struck = true
      return questions.map((_, at) => (at === 0 ? toAnswer(outcome, used) : NOT_ASKED))
    }
    loaded.interrupted = true
    loaded.unpaid += used
    if (outcome.kind === 'memory') loaded.doubtful = questions.length
    return undefined
  }

  /** Says how many bytes a version holds; `elsewhere` where it is not loaded. */
  measure(id: number): EngineAnswer {
    const isolate = this.#loaded.get(id)?.isolate
    if (isolate === undefined || isolate.disposed) return NOT_ASKED
    try {
      return { status: 'returned', json: String(isolate.measure()), cpu: 0 }
    } catch {
      return { status: 'memory', json: '', cpu: 0 } // there is no room for a context
    }
  }

  close(): void {
    for (const id of [...this.#loaded.keys()]) this.unload(id)
  }

  /**
   * Where memory ran out among several questions, and in a new isolate for none of them, it was full of what the router keeps: one
   * of them would have failed of that by itself, and the last does.
   */
  #judged(loaded: Loaded, answer: EngineAnswer): EngineAnswer {
    if (loaded.doubtful === 0) return answer
    loaded.doubtful = answer.status === 'returned' ? loaded.doubtful - 1 : 0
    return answer.status === 'returned' && loaded.doubtful === 0
      ? { status: 'memory', json: '', cpu: answer.cpu }
      : answer
  }

  /** `spent`: CPU microseconds that the question has cost already. */
  #call(loaded: Loaded, question: string, spent: number): EngineAnswer {
    const allowed = loaded.limits.decisionTime
    const patient = this.#penalty || performance.now() < this.#busyUntil
    const wall = patient ? patience(allowed) : allowed
    let beside = spent
    let own = 0
    for (let attempt = 1; ; attempt++) {
      const lap = new Lap()
      const outcome = loaded.isolate.call(question, wall)
      const { used } = lap
      own += used
      if (outcome.kind === 'returned' && patient && used > allowed * 1100)
        return toAnswer({ kind: 'timeout' }, beside + own)
      if (!descheduled(outcome, used, allowed)) return toAnswer(outcome, beside + own)
      this.#busyUntil = performance.now() + BUSY
      if (attempt === ATTEMPTS || patient) return this.#giveUp(loaded, own)
      // What the first attempt left on the heap would count against the second.
      beside += this.#restore(loaded)
    }
  }

  /**
   * A router that was not given the processor has not shown to be slow: it is no strike, and it may be asked anywhere. `cpu` is
   * what it did use, and nothing of ours: whoever asks adds up what it used here and there, so that one that loops gets nowhere.
   */
  #giveUp(loaded: Loaded, cpu: number): EngineAnswer {
    loaded.interrupted = true
    return { status: 'elsewhere', json: '', cpu }
  }

  /** The answer is what it cost, in CPU microseconds. */
  #restore(loaded: Loaded): number {
    const lap = new Lap()
    loaded.isolate.dispose()
    loaded.isolate = new RouterIsolate(loaded.limits.isolateMemory)
    loaded.isolate.load(loaded.code.toString(), loaded.limits.loadTime)
    loaded.struck = false
    loaded.interrupted = false
    return lap.used
  }
}

/**
 * Wall milliseconds in which what used `used` microseconds in the first `allowed` milliseconds will have used up most of the rest:
 * a host that has used more than all of it is killed.
 */
function secondChance(allowed: number, used: number): number {
  const share = Math.max(1, used) / (allowed * 1000)
  return Math.round(Math.min(patience(allowed), 0.75 * (allowed / share - allowed)))
}

/** `used` in microseconds, `allowed` in milliseconds. */
function descheduled(outcome: Outcome, used: number, allowed: number): boolean {
  return outcome.kind === 'timeout' && used < allowed * 1000 * HALF
}

function toAnswer(outcome: Outcome, cpu: number): EngineAnswer {
  const json = outcome.kind === 'returned' ? outcome.result : outcome.kind === 'broken' ? outcome.message : ''
  return { status: outcome.kind, json, cpu }
}
