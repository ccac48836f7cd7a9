import type { Socket } from 'node:net'
import { DEFAULTS } from '../limits.ts'

/** What there is of a client's first bytes. */
export interface Arrived {
  readonly bytes: Uint8Array
  /** No more are waited for: there are as many as are read, the time is up, or the client has ended. */
  readonly final: boolean
}

/** How long a client may take to see that it was closed, in milliseconds. */
const PARTING_TIME = 1000

/** A client's first bytes as the proxy reads them: with a limit and a deadline. It is said nothing. */
export class Incoming {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #last = false
  #gone = false
  #wake: (() => void) | undefined
  readonly #deadline: NodeJS.Timeout

  /** `time`: milliseconds for all that is waited for. */
  constructor(socket: Socket, time: number = DEFAULTS.prereadTime) {
    this.#socket = socket
    this.#deadline = setTimeout(() => this.#note({ last: true }), time)
    socket.on('data', (chunk: Buffer) => this.#append(chunk))
    socket.on('end', () => this.#note({ last: true }))
    socket.on('close', () => this.#note({ gone: true }))
    socket.on('error', () => this.#note({ gone: true }))
  }

  /** Waits for this many bytes in all, or for the last ones; `undefined` when the client is gone. */
  async atLeast(wanted: number): Promise<Arrived | undefined> {
    while (!this.#gone && !this.#last && this.#bytes.length < wanted)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#gone ? undefined : { bytes: this.#bytes.subarray(0, DEFAULTS.prereadBytes), final: this.#last }
  }

  /** Ends the connection, without a word and without a limit to how much the client may still have sent. */
  part(): void {
    clearTimeout(this.#deadline)
    if (this.#socket.destroyed) return
    this.#socket.removeAllListeners('data')
    this.#socket.resume()
    this.#socket.end()
    const late = setTimeout(() => this.#socket.destroy(), PARTING_TIME)
    this.#socket.once('close', () => clearTimeout(late))
  }

  #append(chunk: Buffer): void {
    if (this.#last) return
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    const full = this.#bytes.length >= DEFAULTS.prereadBytes
    if (full) this.#socket.pause()
    this.#note({ last: full })
  }

  #note({ last = false, gone = false }: { readonly last?: boolean; readonly gone?: boolean }): void {
    this.#last ||= last
    this.#gone ||= gone
    this.#wake?.()
  }
}
