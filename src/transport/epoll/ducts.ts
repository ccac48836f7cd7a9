import type { SystemCalls } from '../system-calls.ts'
import { type Arena, MOST } from './arena.ts'
import { EINTR, F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK, SPLICE_F_MOVE, SPLICE_F_NONBLOCK } from './linux.ts'

/** Bytes that a duct has room for, if the system grants it; counted in pages, of which some may be half full. */
const ROOM = 1_048_576
/** Ducts that may be open at once: each has two descriptors, and as much memory of the kernel's as it holds. */
const MOST_DUCTS = 16
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK
const HERE = 0n
/** Ducts that are kept open while nothing is in them. */
const KEPT = 2

/** A pipe by which the kernel moves bytes from one socket to another and shows them to nobody. */
export class Duct {
  readonly #calls: SystemCalls
  readonly #arena: Arena
  readonly #out: number
  readonly #in: number
  /** Bytes that have come in and not gone out. */
  held = 0

  constructor(calls: SystemCalls, arena: Arena, out: number, into: number) {
    this.#calls = calls
    this.#arena = arena
    this.#out = out
    this.#in = into
  }

  /** Takes what `source` has, up to `most` and the room that there is; as `read` answers. A short answer says nothing of what is left. */
  fill(source: number, most: bigint): number {
    const count = this.#calls.splice(source, HERE, this.#in, HERE, most, FLAGS)
    if (count > 0) this.held += count
    return count
  }

  /** Gives `sink` what it takes; as `write` answers. */
  drain(sink: number): number {
    const count = this.#calls.splice(this.#out, HERE, sink, HERE, this.#arena.size(this.held), FLAGS)
    if (count > 0) this.held -= count
    return count
  }

  /** Shows some of what it holds after all; `undefined` when it cannot. */
  show(): Buffer | undefined {
    const length = this.#arena.size(Math.min(this.held, MOST))
    let count = -EINTR
    while (count === -EINTR) count = this.#calls.read(this.#out, this.#arena.input, length)
    if (count <= 0) return undefined
    this.held -= count
    return this.#arena.received(count)
  }

  close(): void {
    this.#calls.close(this.#out)
    this.#calls.close(this.#in)
  }
}

/** The ducts of a transport: a connection has one only while something is in it. */
export class Ducts {
  readonly #calls: SystemCalls
  readonly #arena: Arena
  readonly #free: Duct[] = []
  #open = 0

  constructor(calls: SystemCalls, arena: Arena) {
    this.#calls = calls
    this.#arena = arena
  }

  /** An empty one; none where there are many already, or no descriptors for another. */
  take(): Duct | undefined {
    const free = this.#free.pop()
    if (free !== undefined || this.#open >= MOST_DUCTS) return free
    if (this.#calls.pipe2(this.#arena.option, O_CLOEXEC | O_NONBLOCK) < 0) return undefined
    const [out, into] = this.#arena.optionPair
    this.#open += 1
    // one that is smaller does as well
    this.#calls.fcntl(into, F_SETPIPE_SZ, ROOM)
    return new Duct(this.#calls, this.#arena, out, into)
  }

  /** What is in it is lost. */
  give(duct: Duct): void {
    if (duct.held === 0 && this.#free.length < KEPT) {
      this.#free.push(duct)
      return
    }
    this.#open -= 1
    duct.close()
  }
}
