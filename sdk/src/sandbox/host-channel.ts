import type { ChildProcess } from 'node:child_process'
import { Duplex } from 'node:stream'
import { DESCRIPTORS } from './frames.ts'

export interface ChannelEvents {
  /** Bytes of answers. */
  heard(chunk: Buffer): void
  /** It spoke where it is only to listen. */
  misspoke(): void
  /** One of the two ways has ended or failed: the host is gone, or of no more use. */
  broke(): void
}

/**
 * What leads from a worker to one of its sandbox hosts, and back: two sockets, as a socket tells everybody who sleeps on it when there
 * is room to write again. By a single one, each answer that the worker takes out would wake the host that waits for a question.
 */
export class HostChannel {
  /** None when no process could be started for want of descriptors. */
  readonly #questions: Duplex | undefined
  readonly #answers: Duplex | undefined
  readonly #outgoing: Buffer[] = []

  constructor(child: ChildProcess, events: ChannelEvents) {
    this.#questions = endOf(child, DESCRIPTORS.questions)
    this.#answers = endOf(child, DESCRIPTORS.answers)
    this.#answers?.on('data', (chunk: Buffer) => events.heard(chunk))
    this.#questions?.on('data', () => events.misspoke())
    for (const end of [this.#questions, this.#answers]) {
      end?.on('error', () => events.broke())
      end?.on('close', () => events.broke())
    }
  }

  /**
   * Frames of one turn of the event loop leave in one write. Its end is waited for, not that of what runs now: what answers bring about,
   * and then what connections do, is better read at once by a host than bit by bit.
   */
  send(frame: Buffer): void {
    if (this.#outgoing.push(frame) === 1) setImmediate(this.#flush)
  }

  close(): void {
    this.#questions?.destroy()
    this.#answers?.destroy()
  }

  readonly #flush = (): void => {
    const frames = this.#outgoing.splice(0)
    if (this.#questions?.writable) this.#questions.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
  }
}

/** Node sets `stdio` only once it has tried to start the process, whatever its types say. */
function endOf(child: ChildProcess, descriptor: number): Duplex | undefined {
  const stdio: unknown = child.stdio
  const end: unknown = Array.isArray(stdio) ? stdio[descriptor] : undefined
  return end instanceof Duplex ? end : undefined
}
