import { RouterEngine } from './engine.ts'
import { firstQuestions } from './first-question.ts'
import { failure, parseDescription, parseReply } from './replies.ts'
import {
  LoadFailure,
  type Question,
  type Reply,
  type RouterDescription,
  type Sandbox,
  type SandboxLimits,
  type SandboxVersion,
} from './sandbox.ts'

/**
 * The same engine in this very process: no wall at all, for tests of the story that is told over the seam. Never for tenants'
 * code: a hostile router takes the process with it.
 */
export class DirectSandbox implements Sandbox {
  readonly #limits: SandboxLimits
  readonly #engine: RouterEngine
  readonly #loaded = new Set<number>()

  constructor(limits: SandboxLimits) {
    this.#limits = limits
    this.#engine = new RouterEngine(limits, true)
  }

  async load(version: SandboxVersion): Promise<RouterDescription> {
    const { status, json } = this.#engine.load(version.id, version.code)
    const description = parseDescription(status, json, this.#limits.loadTime)
    for (const question of firstQuestions(description)) {
      const reply = this.#answer(version.id, question)
      if (reply.kind === 'failed')
        throw new LoadFailure(`its first question (${question.hook}, no bytes) failed: ${reply.message}`)
    }
    this.#loaded.add(version.id)
    return description
  }

  unload(id: number): void {
    this.#loaded.delete(id)
    this.#engine.unload(id)
  }

  ask(id: number, question: Question, answered: (reply: Reply) => void): void {
    process.nextTick(() => {
      if (this.#loaded.has(id)) answered(this.#answer(id, question))
      else answered(failure('unavailable', `version ${id} is not loaded`, 0))
    })
  }

  async close(): Promise<void> {
    this.#loaded.clear()
    this.#engine.close()
  }

  #answer(id: number, { hook, facts, bytes }: Question): Reply {
    const text = Buffer.from(bytes).toString('latin1')
    const { status, json, cpu } = this.#engine.ask(id, hook, JSON.stringify(facts), text)
    return parseReply(status, cpu, json, this.#limits.decisionTime)
  }
}
