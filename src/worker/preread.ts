/**
 * The first bytes of a connection, held until they are replayed. It holds at most its limit and what came with the chunk that
 * passed it: its owner stops reading when it is full.
 */
export class PrereadBuffer {
  readonly #limit: number
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0

  /** `limit` in bytes: no more than that is shown to a router. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#length
  }

  get full(): boolean {
    return this.#length >= this.#limit
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

  /** What a router may see: all of it, up to the limit. Good until the next `append`. */
  visible(): Buffer {
    return this.#bytes.subarray(0, Math.min(this.#length, this.#limit))
  }

  /** Everything from byte `from` on. Good until the next `append`. */
  rest(from: number): Buffer {
    return this.#bytes.subarray(from, this.#length)
  }

  /** Gives the memory back. */
  clear(): void {
    this.#bytes = Buffer.alloc(0)
    this.#length = 0
  }
}
