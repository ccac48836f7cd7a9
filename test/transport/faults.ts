import ffi from 'node:ffi'
import type { SystemCalls } from '../../src/transport/system-calls.ts'

const EINTR = 4
const EIO = 5
const EAGAIN = 11
const ENOMEM = 12
const EINVAL = 22
const ENFILE = 23
const EMFILE = 24
const ENOSPC = 28
const EPIPE = 32
const EPROTO = 71
const EADDRNOTAVAIL = 99
const ECONNABORTED = 103
const ECONNRESET = 104
const ENOBUFS = 105
const ENOTCONN = 107
const ETIMEDOUT = 110
const ECONNREFUSED = 111
const EPOLL_CTL_MOD = 3
const EPOLLRDHUP = 0x2000
const EVENT_SIZE = process.arch === 'x64' ? 12 : 16

export interface FaultOptions {
  readonly seed: number
  /** The share of calls after which nothing is lost, such as those that are interrupted or cut short. */
  readonly soft: number
  /** The share of calls that cost a connection. */
  readonly fatal: number
}

/**
 * Stands in front of the system's calls and makes some of them fail, or do less than they were asked for, as the kernel could.
 * It knows which descriptors are open, and notes every call on another.
 */
export class Faults {
  soft: number
  fatal: number
  /** Faults so far that cost a connection. */
  fatalCount = 0
  softCount = 0
  readonly open = new Set<number>()
  /** Those of them that are ends of pipes. */
  readonly pipes = new Set<number>()
  /** Calls on descriptors that were not open. */
  readonly misuses: string[] = []
  #state: number
  readonly #calls: SystemCalls
  /** What the kernel was told to watch of each descriptor, to tell it again. */
  readonly #events = new Map<number, { epoll: number; event: Buffer }>()
  /** Their FIN has come: from then on the kernel gives all that there is, or as much as was asked for. */
  readonly #ended = new Set<number>()
  readonly #memory = Buffer.from(new ArrayBuffer(64))
  readonly #address = ffi.getRawPointer(this.#memory)

  constructor(calls: SystemCalls, { seed, soft, fatal }: FaultOptions) {
    this.#calls = calls
    this.#state = seed
    this.soft = soft
    this.fatal = fatal
  }

  /** The table with faults. */
  get table(): SystemCalls {
    const calls = this.#calls
    const soft = (...errnos: number[]) => this.#one(this.soft, errnos, false)
    const fatal = (...errnos: number[]) => this.#one(this.fatal, errnos, true)
    return {
      socket: (...words) => fatal(EMFILE, ENFILE, ENOBUFS, ENOMEM) || this.#opened(calls.socket(...words)),
      bind: (descriptor, ...words) => this.#used('bind', descriptor) || calls.bind(descriptor, ...words),
      listen: (descriptor, ...words) => this.#used('listen', descriptor) || calls.listen(descriptor, ...words),
      accept4: (descriptor, ...words) =>
        this.#used('accept4', descriptor) ||
        soft(EINTR, ECONNABORTED, EPROTO, EAGAIN) ||
        // each of these is a pause
        this.#one(this.soft / 50, [EMFILE, ENFILE, ENOBUFS, ENOMEM], false) ||
        this.#opened(calls.accept4(descriptor, ...words)),
      connect: (descriptor, ...words) => {
        const failed =
          this.#used('connect', descriptor) || fatal(ECONNREFUSED, ETIMEDOUT, EADDRNOTAVAIL, ENOBUFS, EAGAIN)
        if (failed !== 0) return failed
        const result = calls.connect(descriptor, ...words)
        // an interrupted connect goes on
        return soft(EINTR) || result
      },
      read: (descriptor, memory, length) =>
        this.#used('read', descriptor) ||
        fatal(ECONNRESET, ETIMEDOUT, EIO) ||
        soft(EINTR) ||
        // a pipe gives what is in it
        (this.#ended.has(descriptor) || this.pipes.has(descriptor)
          ? calls.read(descriptor, memory, length)
          : this.#less(descriptor, length, (size) => calls.read(descriptor, memory, size))),
      write: (descriptor, memory, length) =>
        this.#used('write', descriptor) ||
        fatal(EPIPE, ECONNRESET, ENOMEM) ||
        soft(EINTR) ||
        this.#less(descriptor, length, (size) => calls.write(descriptor, memory, size)),
      send: (descriptor, memory, length, flags) =>
        this.#used('send', descriptor) ||
        fatal(EPIPE, ECONNRESET, ENOMEM) ||
        soft(EINTR) ||
        this.#less(descriptor, length, (size) => calls.send(descriptor, memory, size, flags)),
      splice: (from, fromOffset, to, toOffset, length, flags) => {
        const move = (size: bigint) => calls.splice(from, fromOffset, to, toOffset, size, flags)
        return (
          this.#used('splice', from) ||
          this.#used('splice', to) ||
          fatal(ECONNRESET, EPIPE, EIO) ||
          soft(EINTR, EINVAL, ENOMEM) ||
          this.#less(this.#events.has(from) ? from : to, length, move)
        )
      },
      pipe2: (pair, flags) => {
        const failed = soft(EMFILE, ENFILE) || calls.pipe2(pair, flags)
        const ends = Buffer.from(ffi.toArrayBuffer(pair, 8, false))
        if (failed === 0) for (const at of [0, 4]) this.pipes.add(this.#opened(ends.readInt32LE(at)))
        return failed
      },
      shutdown: (descriptor, how) =>
        this.#used('shutdown', descriptor) || fatal(ENOTCONN) || calls.shutdown(descriptor, how),
      close: (descriptor) => {
        const misused = this.#used('close', descriptor)
        if (misused !== 0) return misused
        this.open.delete(descriptor)
        this.pipes.delete(descriptor)
        this.#events.delete(descriptor)
        this.#ended.delete(descriptor)
        // what cannot be closed is closed all the same
        return calls.close(descriptor) || soft(EINTR, EIO)
      },
      setsockopt: (descriptor, ...words) =>
        this.#used('setsockopt', descriptor) || soft(ENOMEM) || calls.setsockopt(descriptor, ...words),
      getsockopt: (descriptor, ...words) =>
        this.#used('getsockopt', descriptor) || fatal(ENOBUFS) || calls.getsockopt(descriptor, ...words),
      getsockname: (descriptor, ...words) =>
        this.#used('getsockname', descriptor) || soft(ENOBUFS) || calls.getsockname(descriptor, ...words),
      getpeername: (descriptor, ...words) =>
        this.#used('getpeername', descriptor) || soft(ENOBUFS) || calls.getpeername(descriptor, ...words),
      fcntl: (...words) => calls.fcntl(...words),
      epollCreate: (flags) => this.#opened(calls.epollCreate(flags)),
      epollControl: (epoll, operation, descriptor, event) => {
        const failed = this.#used('epoll_ctl', descriptor) || fatal(ENOMEM, ENOSPC)
        if (failed !== 0) return failed
        const copy = Buffer.from(Buffer.from(ffi.toArrayBuffer(event, EVENT_SIZE, false)))
        this.#events.set(descriptor, { epoll, event: copy })
        return calls.epollControl(epoll, operation, descriptor, event)
      },
      epollWait: (epoll, events, most, timeout) => {
        const interrupted = soft(EINTR)
        if (interrupted !== 0) return interrupted
        const count = calls.epollWait(epoll, events, this.#chance(this.soft) ? 1 : most, timeout)
        this.#noteEnds(events, count)
        return count
      },
      nanosleep: (...words) => soft(EINTR) || calls.nanosleep(...words),
    }
  }

  /** From 0 to below `below`. */
  random(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }

  #chance(share: number): boolean {
    return share > 0 && this.random(1e6) < share * 1e6
  }

  #one(share: number, errnos: readonly number[], costs: boolean): number {
    if (!this.#chance(share)) return 0
    if (costs) this.fatalCount += 1
    else this.softCount += 1
    return -(errnos[this.random(errnos.length)] ?? EIO)
  }

  #opened(descriptor: number): number {
    if (descriptor >= 0) this.open.add(descriptor)
    return descriptor
  }

  #used(call: string, descriptor: number): number {
    if (this.open.has(descriptor)) return 0
    this.misuses.push(`${call}(${descriptor})`)
    return -9
  }

  /**
   * Moves fewer bytes than there are, or none. The kernel does so only when no more can be moved at that moment, and tells when
   * that changes: so it is made to tell again.
   */
  #less(descriptor: number, length: bigint, move: (length: bigint) => number): number {
    if (!this.#chance(this.soft)) return move(length)
    this.softCount += 1
    const size = this.random(2) === 0 ? 0 : 1 + this.random(Number(length))
    const result = size === 0 ? -EAGAIN : move(BigInt(size))
    this.#tellAgain(descriptor)
    return result
  }

  #noteEnds(events: bigint, count: number): void {
    if (count <= 0) return
    const memory = Buffer.from(ffi.toArrayBuffer(events, count * EVENT_SIZE, false))
    for (let at = 0; at < count * EVENT_SIZE; at += EVENT_SIZE)
      if ((memory.readInt32LE(at) & EPOLLRDHUP) !== 0) this.#ended.add(memory.readInt32LE(at + EVENT_SIZE - 8))
  }

  #tellAgain(descriptor: number): void {
    const watched = this.#events.get(descriptor)
    if (watched === undefined) return
    watched.event.copy(this.#memory)
    this.#calls.epollControl(watched.epoll, EPOLL_CTL_MOD, descriptor, this.#address)
  }
}
