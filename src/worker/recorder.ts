import { closeSync, createWriteStream, fstatSync, openSync, readSync, type WriteStream, writeSync } from 'node:fs'
import {
  Tape as ConnectionTape,
  MAX_RECORD_LINE,
  RECORD_HEADER,
  type RecordedConnection,
  type RecordedDecision,
} from 'router-sdk/record'
import type { RecordSettings } from '../config/settings.ts'
import type { Inquiry, Outcome } from './decide.ts'

/** Records that wait for a slow disk, in bytes; beyond that connections go unrecorded. */
const MAX_WAITING = 4 * 1024 * 1024

type Connection = Omit<RecordedConnection, 'time' | 'bytes' | 'questions' | 'leftOut'>

/**
 * Writes what routers were asked about real connections, and what they answered, for `router-sdk replay`. Of a connection's bytes
 * only those are written that its router was shown when it was asked (at most the first `record.bytes`): what came later, and all
 * that was relayed, never is.
 */
export class Recorder {
  readonly #settings: RecordSettings
  readonly #descriptor: number
  readonly #stream: WriteStream

  /**
   * Makes the file, with its first line, when it is not there or empty. Done once, before the workers append to it.
   *
   * @throws the system's error when it cannot be written, or an error when it is something else than a record.
   */
  static prepare(file: string): void {
    const descriptor = openSync(file, 'a+', 0o600)
    try {
      const start = Buffer.alloc(RECORD_HEADER.length + 1)
      const length = readSync(descriptor, start, 0, start.length, 0)
      if (length === 0) writeSync(descriptor, `${RECORD_HEADER}\n`)
      else if (start.toString() !== `${RECORD_HEADER}\n`) throw new Error('the file is there and is no record')
    } finally {
      closeSync(descriptor)
    }
  }

  /** @throws the system's error when the file cannot be written. */
  constructor(file: string, settings: RecordSettings) {
    this.#settings = settings
    this.#descriptor = openSync(file, 'a', 0o600)
    this.#stream = createWriteStream(file, { fd: this.#descriptor })
    // A full disk is no reason to stop routing.
    this.#stream.on('error', () => {})
  }

  /** A tape for one connection, or `undefined` when it is not among those recorded. */
  begin(connection: Connection): Tape | undefined {
    if (this.#stream.destroyed || Math.random() >= this.#settings.sample) return undefined
    return new Tape(connection, this.#settings.bytes, (line) => this.#write(line))
  }

  /** Resolves when everything has been written. */
  async close(): Promise<void> {
    if (!this.#stream.destroyed) await new Promise<void>((resolve) => this.#stream.end(resolve))
  }

  /** Several workers append to the file, so its length is asked for. */
  #write(line: string): void {
    const waiting = this.#stream.writableLength
    if (this.#stream.destroyed || waiting > MAX_WAITING || line.length > MAX_RECORD_LINE) return
    const length = fstatSync(this.#descriptor).size + waiting + Buffer.byteLength(line)
    if (length <= this.#settings.maxBytes) this.#stream.write(line)
  }
}

/** What is recorded of one connection. */
export class Tape {
  readonly #connection: Connection
  readonly #time = new Date().toISOString()
  readonly #tape: ConnectionTape
  readonly #write: (line: string) => void

  /** `keep`: how many of its first bytes are kept. */
  constructor(connection: Connection, keep: number, write: (line: string) => void) {
    this.#connection = connection
    this.#tape = new ConnectionTape(keep)
    this.#write = write
  }

  question({ hook, bytes, facts }: Inquiry, outcome: Outcome): void {
    const decision: RecordedDecision =
      outcome.kind === 'decided' ? outcome.decision : { kind: 'failed', message: outcome.message }
    const { final, now, event } = facts
    this.#tape.add({ hook, final, now, event, lookups: outcome.lookups, decision }, bytes)
  }

  /** The connection is over: writes it, unless its router was never asked. */
  end(): void {
    if (!this.#tape.isEmpty) this.#write(`${this.#tape.line({ ...this.#connection, time: this.#time })}\n`)
  }
}
