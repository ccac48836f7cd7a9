/**
 * What a worker and a sandbox host say to each other, by a socket pair for each way.
 *
 * A frame is a 4-byte little-endian length of what follows it, a type byte, a 4-byte id, and the rest by type. The worker sends
 * `load`, `unload`, `ask` and `measure`; the host opens with `ready` and then answers each of them but `unload` exactly once, in
 * the order in which they came. The worker's end treats every byte from the host as hostile: a frame over the limit, of an unknown type or
 * out of order ends the host.
 *
 * | frame  | id       | rest                                                               |
 * |--------|----------|--------------------------------------------------------------------|
 * | load   | request  | version u32 · its limits: decision ms u32, load ms u32, MiB u32 · code as UTF-8 |
 * | unload | 0        | version u32                                                        |
 * | ask    | request  | version u32 · the question as in `question-text.ts`                |
 * | measure | request | version u32                                                        |
 * | ready  | protocol | nothing                                                            |
 * | answer | request  | status u8 · CPU microseconds u32 · JSON of the bootstrap; of `measure`, bytes in digits |
 */
import { STATUSES, type Status } from './engine-status.ts'
import { factsText, QUESTION_HEAD, writeQuestion } from './question-text.ts'
import type { CodeLimits, Question } from './sandbox.ts'

/** Where the host reads questions, and writes answers. */
export const DESCRIPTORS = { questions: 3, answers: 4 } as const

export const PROTOCOL_VERSION = 5

/** The most that one frame from a host may hold: two payloads of 64 KiB, each character escaped, and room. */
export const MAX_HOST_FRAME = 1_048_576

const HEADER = 9
const MEBIBYTE = 1_048_576
const NOTHING = Buffer.alloc(0)
export const FRAME = { load: 1, unload: 2, ask: 3, measure: 4, ready: 65, answer: 67 } as const

export interface Frame {
  readonly type: number
  readonly id: number
  /** A view into the reader's buffer, good until the reader is fed again. */
  readonly body: Buffer
}

export interface LoadFrame {
  readonly version: number
  readonly limits: CodeLimits
  readonly code: string
}

export interface AskFrame {
  readonly version: number
  /** Passed on as it is. */
  readonly question: string
}

export interface AnswerFrame {
  readonly status: Status
  readonly cpu: number
  readonly json: string
}

/** Thrown for bytes that are no frame of this protocol. */
export class FrameViolation extends Error {}

function frame(type: number, id: number, bodyLength: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + bodyLength)
  buffer.writeUInt32LE(HEADER - 4 + bodyLength, 0)
  buffer[4] = type
  buffer.writeUInt32LE(id, 5)
  return buffer
}

export function encodeReady(): Buffer {
  return frame(FRAME.ready, PROTOCOL_VERSION, 0)
}

export function encodeLoad(id: number, { version, limits, code }: LoadFrame): Buffer {
  const buffer = frame(FRAME.load, id, 16 + Buffer.byteLength(code))
  buffer.writeUInt32LE(version, HEADER)
  buffer.writeUInt32LE(limits.decisionTime, HEADER + 4)
  buffer.writeUInt32LE(limits.loadTime, HEADER + 8)
  buffer.writeUInt32LE(Math.floor(limits.isolateMemory / MEBIBYTE), HEADER + 12)
  buffer.write(code, HEADER + 16, 'utf8')
  return buffer
}

export function encodeUnload(version: number): Buffer {
  const buffer = frame(FRAME.unload, 0, 4)
  buffer.writeUInt32LE(version, HEADER)
  return buffer
}

export function encodeMeasure(id: number, version: number): Buffer {
  const buffer = frame(FRAME.measure, id, 4)
  buffer.writeUInt32LE(version, HEADER)
  return buffer
}

export function encodeAsk(id: number, version: number, question: Question): Buffer {
  const facts = factsText(question.facts)
  const buffer = frame(FRAME.ask, id, 4 + QUESTION_HEAD + facts.length + question.bytes.length)
  buffer.writeUInt32LE(version, HEADER)
  writeQuestion(buffer, HEADER + 4, question, facts)
  return buffer
}

export function encodeAnswer(id: number, status: Status, cpu: number, json: string): Buffer {
  const buffer = frame(FRAME.answer, id, 5 + Buffer.byteLength(json))
  buffer[HEADER] = STATUSES.indexOf(status)
  buffer.writeUInt32LE(Math.min(Math.max(0, Math.round(cpu)), 0xffffffff), HEADER + 1)
  buffer.write(json, HEADER + 5, 'utf8')
  return buffer
}

/** @throws when a limit is 0: isolated-vm would take that for none. */
export function decodeLoad(body: Buffer): LoadFrame {
  const [decisionTime = 0, loadTime = 0, mebibytes = 0] = [4, 8, 12].map((at) => body.readUInt32LE(at))
  if (decisionTime === 0 || loadTime === 0 || mebibytes === 0) throw new Error('a version came without limits')
  const limits = { decisionTime, loadTime, isolateMemory: mebibytes * MEBIBYTE }
  return { version: body.readUInt32LE(0), limits, code: body.toString('utf8', 16) }
}

export function decodeUnload(body: Buffer): number {
  return body.readUInt32LE(0)
}

export function decodeMeasure(body: Buffer): number {
  return body.readUInt32LE(0)
}

export function decodeAsk(body: Buffer): AskFrame {
  return { version: body.readUInt32LE(0), question: body.toString('latin1', 4) }
}

/** @throws FrameViolation */
export function decodeAnswer(body: Buffer): AnswerFrame {
  if (body.length < 5) throw new FrameViolation(`an answer of ${body.length} bytes`)
  const status = STATUSES[body[0] ?? 255]
  if (status === undefined) throw new FrameViolation(`an answer with status ${body[0]}`)
  return { status, cpu: body.readUInt32LE(1), json: body.toString('utf8', 5) }
}

/**
 * Cuts a stream into frames. It keeps at most one unfinished frame, in a buffer that grows with what has come of it, not with
 * what its length promises: time and memory are linear in what was sent, however small the pieces.
 */
export class FrameReader {
  readonly #limit: number
  #kept: Buffer = NOTHING
  #length = 0

  /** `limit`: the longest frame, in bytes, its length field aside. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of an unfinished frame. */
  get unfinished(): number {
    return this.#length
  }

  /**
   * Hands each whole frame to `each`, in order.
   *
   * @throws FrameViolation for a length that no frame has; the stream cannot be read on.
   */
  feed(chunk: Buffer, each: (frame: Frame) => void): void {
    if (this.#length === 0) return this.#keep(this.#cut(chunk, each))
    this.#append(chunk)
    const rest = this.#cut(this.#kept.subarray(0, this.#length), each)
    if (rest.length < this.#length) this.#keep(rest)
  }

  /** The answer is what is left over. */
  #cut(bytes: Buffer, each: (frame: Frame) => void): Buffer {
    let at = 0
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32LE(at)
      if (length < HEADER - 4 || length > this.#limit)
        throw new FrameViolation(`a frame of ${length} bytes; the limit is ${this.#limit}`)
      const end = at + 4 + length
      if (bytes.length < end) break
      each({ type: bytes[at + 4] ?? 0, id: bytes.readUInt32LE(at + 5), body: bytes.subarray(at + HEADER, end) })
      at = end
    }
    return at === 0 ? bytes : bytes.subarray(at)
  }

  #keep(rest: Buffer): void {
    this.#kept = rest.length === 0 ? NOTHING : Buffer.from(rest)
    this.#length = rest.length
  }

  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (length > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#kept.length))
      this.#kept.copy(larger, 0, 0, this.#length)
      this.#kept = larger
    }
    chunk.copy(this.#kept, this.#length)
    this.#length = length
  }
}
