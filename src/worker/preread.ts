import type { CloseReason } from './access-record.ts'

const NOTHING: Buffer = Buffer.alloc(0)
/** Bytes of which most routers need none more: these are read at once, and others only when the router wants them. */
const PLENTY = 16_384

/**
 * The first bytes of a connection, held until they are replayed, and when it is worth asking the router about them. It holds at
 * most its limit and what came with the chunk that passed it: its owner stops reading when it is full.
 */
export class Preread {
  #limit: number
  #bytes = NOTHING
  #length = 0
  #asking = false
  #wanted = 1
  #shown = 0
  #last: CloseReason | undefined

  /** `limit` in bytes: no more than that is shown to a router. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** From now on; what was read before stays. */
  set limit(bytes: number) {
    this.#limit = bytes
  }

  get length(): number {
    return this.#length
  }

  get full(): boolean {
    return this.#length >= this.#limit
  }

  /** The router is being asked about so much that it may well decide. */
  get plenty(): boolean {
    return this.#asking && this.#length >= PLENTY
  }

  /** Bytes that the router saw when it was last asked. */
  get shown(): number {
    return this.#shown
  }

  /** Why no further bytes will be waited for; `undefined` while they are. */
  get last(): CloseReason | undefined {
    return this.#last
  }

  /** A question should be asked now: none is under way, and there is something new to ask about. */
  get due(): boolean {
    return !this.#asking && (this.#last !== undefined || this.#length >= this.#wanted)
  }

  /** Copies `bytes` in. */
  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(2 * this.#bytes.length, this.#limit)))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = needed
  }

  /** No more bytes will be waited for: the next question is the last one. The first reason stays. */
  close(reason: CloseReason): void {
    this.#last ??= reason
  }

  /** A question begins: what the router may see of it, which later bytes do not change. */
  show(): Buffer {
    this.#asking = true
    this.#shown = Math.min(this.#length, this.#limit)
    return this.#bytes.subarray(0, this.#shown)
  }

  answered(): void {
    this.#asking = false
  }

  /** The router waits: `atLeast` bytes, in all, make the next question worth asking; never fewer than one more than it saw. */
  wait(atLeast: number): void {
    this.#wanted = Math.max(this.#shown + 1, atLeast)
  }

  /** Everything from byte `from` on. Good until the next `append`. */
  rest(from: number): Buffer {
    return this.#bytes.subarray(from, this.#length)
  }

  /** Gives the memory back. */
  clear(): void {
    this.#bytes = NOTHING
    this.#length = 0
  }
}
