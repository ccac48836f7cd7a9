import { RouterEngine } from './engine.ts'
import { firstFailure, refusalText } from './first-question.ts'
import { InFlight } from './in-flight.ts'
import { questionText } from './question-text.ts'
import { failure, parseDescription, parseMeasure, parseReply } from './replies.ts'
import {
  LoadFailure,
  type Question,
  type Reply,
  type RouterDescription,
  type Sandbox,
  type SandboxVersion,
} from './sandbox.ts'

/** Of a question, when this process is not given the processor. */
const MOST_TRIES = 6

/**
 * The same engine in this very process: no wall at all, for tests of the story that is told over the seam. Never for tenants'
 * code: a hostile router takes the process with it.
 */
export class DirectSandbox implements Sandbox {
  readonly #engine = new RouterEngine(true)
  readonly #inFlight = new InFlight()
  /** Versions, and how many questions each has not answered yet. */
  readonly #loaded = new Map<number, { version: SandboxVersion; asked: number; unloading: boolean }>()

  async load(version: SandboxVersion): Promise<RouterDescription> {
    const { limits } = version
    const { status, json } = this.#engine.load(version.id, version.code, limits)
    const description = parseDescription(status, json, limits.loadTime)
    const failed = await firstFailure(description, async (question) => this.#answer(version, question))
    if (failed !== undefined) {
      this.#engine.unload(version.id)
      throw new LoadFailure(refusalText(failed.hook, failed.reply), failed.reply.position)
    }
    this.#loaded.set(version.id, { version, asked: 0, unloading: false })
    return description
  }

  unload(id: number): void {
    const loaded = this.#loaded.get(id)
    if (loaded === undefined) return
    loaded.unloading = true
    if (loaded.asked === 0) this.#forget(id)
  }

  ask(id: number, question: Question, answered: (reply: Reply) => void): void {
    const loaded = this.#loaded.get(id)
    if (loaded === undefined) {
      process.nextTick(answered, failure('unavailable', `version ${id} is not loaded`, 0))
      return
    }
    const over = this.#inFlight.enter(loaded.version)
    if (over !== undefined) {
      process.nextTick(answered, failure('over-limit', over, 0))
      return
    }
    loaded.asked += 1
    process.nextTick(() => {
      const closed = this.#loaded.get(id) !== loaded
      const reply = closed ? failure('unavailable', 'the sandbox is closed', 0) : this.#answer(loaded.version, question)
      loaded.asked -= 1
      this.#inFlight.leave(loaded.version)
      if (!closed && loaded.unloading && loaded.asked === 0) this.#forget(id)
      answered(reply)
    })
  }

  async measure(id: number): Promise<number | undefined> {
    if (!this.#loaded.has(id)) return undefined
    const { status, json } = this.#engine.measure(id)
    return parseMeasure(status, json)
  }

  async close(): Promise<void> {
    this.#loaded.clear()
    this.#engine.close()
  }

  #forget(id: number): void {
    this.#loaded.delete(id)
    this.#engine.unload(id)
  }

  #answer({ id, limits }: SandboxVersion, question: Question): Reply {
    let used = 0
    for (let tries = 1; ; tries++) {
      const { status, json, cpu } = this.#engine.ask(id, questionText(question))
      used += cpu
      if (status !== 'elsewhere') return parseReply(status, used, json, limits.decisionTime)
      if (used >= limits.decisionTime * 1000) return parseReply('timeout', used, '', limits.decisionTime)
      if (tries === MOST_TRIES) return failure('unavailable', 'this process is not given the processor', used)
    }
  }
}
