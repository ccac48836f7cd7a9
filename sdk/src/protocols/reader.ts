/**
 * Reads numbers and spans of a message whose end is known. Reading past that end gives zeros or nothing and clears `ok`,
 * for good: a parser may read a whole structure first and ask once.
 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number
  #ok: boolean

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = bytes
    this.#end = Math.min(to, bytes.length)
    this.#at = from
    this.#ok = from <= this.#end
  }

  /** Whether everything read so far was there. */
  get ok(): boolean {
    return this.#ok
  }

  /** The position in the bytes that the reader was made with. */
  get at(): number {
    return this.#at
  }

  /** Bytes left before the end. */
  get left(): number {
    return this.#end - this.#at
  }

  u8(): number {
    return this.#number(1)
  }

  u16(): number {
    return this.#number(2)
  }

  u24(): number {
    return this.#number(3)
  }

  u32(): number {
    return this.#number(4)
  }

  /** As `u16`, least significant byte first; so the two below. */
  u16le(): number {
    return this.#numberLe(2)
  }

  u24le(): number {
    return this.#numberLe(3)
  }

  u32le(): number {
    return this.#numberLe(4)
  }

  /** Steps over `count` bytes and says where they began. */
  skip(count: number): number {
    const from = this.#at
    if (count < 0 || count > this.left) {
      this.#ok = false
      this.#at = this.#end
      return this.#end
    }
    this.#at += count
    return from
  }

  /** The next `count` bytes, not copied. */
  take(count: number): Uint8Array {
    const from = this.skip(count)
    return this.#bytes.subarray(from, this.#at)
  }

  /** The bytes before the next NUL, which is stepped over. */
  terminated(): Uint8Array {
    const nul = this.#bytes.subarray(this.#at, this.#end).indexOf(0)
    const bytes = this.take(nul === -1 ? -1 : nul + 1)
    return bytes.subarray(0, Math.max(0, nul))
  }

  /** A reader of the next `count` bytes. */
  part(count: number): Reader {
    const from = this.skip(count)
    return new Reader(this.#bytes, from, this.#at)
  }

  #number(size: number): number {
    const from = this.skip(size)
    let value = 0
    for (let at = from; at < this.#at; at++) value = value * 256 + (this.#bytes[at] ?? 0)
    return value
  }

  #numberLe(size: number): number {
    const from = this.skip(size)
    let value = 0
    for (let at = this.#at - 1; at >= from; at--) value = value * 256 + (this.#bytes[at] ?? 0)
    return value
  }
}
