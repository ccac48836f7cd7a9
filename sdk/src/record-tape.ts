import type { RecordedConnection, RecordedDecision, RecordedQuestion } from './record.ts'

/** Characters of the questions of one connection; beyond that those before the last that were answered with `noop` are left out. */
const MAX_QUESTIONS = 131_072
/** Bytes of one connection that are kept at most, so that its line can be read again. */
const MAX_BYTES = 1_048_576

/**
 * What is recorded of one connection, as it comes: its bytes once, of which each question showed the router the first so many.
 * It takes no more memory than those bytes, about twice `MAX_QUESTIONS`, and the decisions.
 */
export class Tape {
  readonly #keep: number
  readonly #questions: string[] = []
  #size = 0
  #leftOut = 0
  #lastWaits = false
  #bytes: Uint8Array = new Uint8Array(0)

  /** `keep`: how many of the connection's first bytes are kept. */
  constructor(keep: number = MAX_BYTES) {
    this.#keep = Math.min(keep, MAX_BYTES)
  }

  /** Nothing was asked. */
  get isEmpty(): boolean {
    return this.#questions.length === 0
  }

  /** `bytes`: what the router was shown, which stays as it is for as long as the router waits. */
  add(asked: Omit<RecordedQuestion, 'length'>, bytes: Uint8Array): void {
    const question = { ...asked, length: bytes.length }
    const text = encodeQuestion(bytes.length > this.#keep ? withoutBytes(question) : question)
    if (this.#lastWaits && this.#size + text.length > MAX_QUESTIONS) {
      this.#size -= this.#questions.pop()?.length ?? 0
      this.#leftOut += 1
    }
    this.#questions.push(text)
    this.#size += text.length
    this.#lastWaits = asked.decision.kind === 'wait'
    if (bytes.length >= this.#bytes.length) this.#bytes = bytes.subarray(0, this.#keep)
    // What its owner reads into is given back once there is a decision.
    if (!this.#lastWaits) this.#bytes = Uint8Array.from(this.#bytes)
  }

  /** The connection as a line, without its line end. */
  line(connection: Omit<RecordedConnection, 'bytes' | 'questions' | 'leftOut'>): string {
    const bytes = Buffer.from(this.#bytes).toString('base64')
    const head = JSON.stringify({ ...connection, bytes, ...(this.#leftOut > 0 && { leftOut: this.#leftOut }) })
    return `${head.slice(0, -1)},"questions":[${this.#questions.join(',')}]}`
  }
}

function encodeQuestion({ decision, event, ...question }: RecordedQuestion): string {
  const { hook, length, final, now, lookups } = question
  const isPlain = hook === 'route' && !final && event === undefined && Object.keys(lookups).length === 0
  if (isPlain && decision.kind === 'wait') return JSON.stringify([length, now, decision.atLeast])
  return JSON.stringify({ ...question, ...(event && { event }), decision: encodeDecision(decision) })
}

/** A question without what could hold bytes that are not kept: what is left tells where the connection went. */
function withoutBytes({ decision, ...question }: RecordedQuestion): RecordedQuestion {
  return { ...question, lookups: {}, decision: bareDecision(decision) }
}

function bareDecision(decision: RecordedDecision): RecordedDecision {
  switch (decision.kind) {
    case 'forward':
      return { ...decision, data: undefined, reply: undefined }
    case 'close':
      return { kind: 'close', text: undefined }
    case 'failed':
      return { kind: 'failed', message: 'not kept' }
    case 'wait':
      return decision
    default:
      return decision satisfies never
  }
}

function encodeDecision(decision: RecordedDecision): object {
  switch (decision.kind) {
    case 'forward': {
      const { kind: _, upstream: __, replyWhen, reply, ...answer } = decision
      return { ...answer, ...(reply !== undefined && { reply, replyWhen }) }
    }
    case 'wait':
      return { noop: true, atLeast: decision.atLeast }
    case 'close':
      return { close: decision.text ?? true }
    case 'failed':
      return { failed: decision.message }
    default:
      return decision satisfies never
  }
}
