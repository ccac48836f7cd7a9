import { CHUNK } from './arena.ts'

/** Empty blocks that are kept for those who need one next. */
const KEPT = 64
const free: Buffer[] = []

/** Bytes that a peer has not taken yet, in blocks that go from connection to connection: those that wait for nothing have none. */
export class Outbox {
  #blocks: Buffer[] = []
  /** Where the bytes of the first block begin, and those of the last end. */
  #start = 0
  #end = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Copies the bytes from `from` on. */
  push(bytes: Uint8Array, from: number): void {
    let at = from
    while (at < bytes.length) {
      const block = this.#roomy()
      const count = Math.min(bytes.length - at, CHUNK - this.#end)
      block.set(bytes.subarray(at, at + count), this.#end)
      this.#end += count
      this.#length += count
      at += count
    }
  }

  /** Those that leave next: never none. */
  get first(): Buffer {
    const [block = Buffer.alloc(0)] = this.#blocks
    return block.subarray(this.#start, this.#blocks.length === 1 ? this.#end : CHUNK)
  }

  /** So many of `first` have left. */
  sent(count: number): void {
    this.#length -= count
    this.#start += count
    const whole = this.#start === CHUNK || this.#length === 0
    if (whole) this.#giveFirst()
  }

  /** Drops what is left and gives the memory back. */
  clear(): void {
    while (this.#blocks.length > 0) this.#giveFirst()
    this.#length = 0
  }

  #roomy(): Buffer {
    const last = this.#blocks.at(-1)
    if (last !== undefined && this.#end < CHUNK) return last
    const block = free.pop() ?? Buffer.allocUnsafeSlow(CHUNK)
    this.#blocks.push(block)
    this.#end = 0
    return block
  }

  #giveFirst(): void {
    const block = this.#blocks.shift()
    this.#start = 0
    if (block !== undefined && free.length < KEPT) free.push(block)
  }
}
