import { Duplex } from 'node:stream'

/** A connection whose client says these bytes and ends; what it is told is thrown away. */
export class Feed extends Duplex {
  #bytes: Uint8Array | undefined

  constructor(bytes: Uint8Array) {
    super()
    this.#bytes = bytes
  }

  override _read(): void {
    const bytes = this.#bytes
    this.#bytes = undefined
    if (bytes !== undefined && bytes.length > 0) this.push(bytes)
    this.push(null)
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done()
  }

  /** As sockets have it: nothing here takes long. */
  setTimeout(): this {
    return this
  }
}
