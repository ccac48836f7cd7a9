import { after, type Deadline } from '../transport/deadlines.ts'
import type { Connection, ConnectionEvents } from '../transport/transport.ts'

export interface RelayOptions {
  /** Milliseconds without a byte either way that end the relay (at most a quarter more); 0 means none. */
  readonly idleTimeout: number
  /** The client's end came before the relay began: it is passed on at once. */
  readonly clientEnded?: boolean
  /** The upstream's end came before the relay began. */
  readonly upstreamEnded?: boolean
  /** Called just before the upstream's first byte is passed on. */
  readonly firstByte?: (() => void) | undefined
  readonly throttle?: Throttle | undefined
}

export interface Throttle {
  /** Whether there is a rate so low that bytes must be counted in small pieces, tens of kilobytes: they are not passed on unseen then. */
  readonly inPieces: boolean
  /** So many bytes were read: for how many milliseconds no more are to be read from where they came. */
  relayed(bytes: number): number
}

/** How a relay ended. */
export interface RelayResult {
  /** Who ended it: the side that sent FIN first or was reset, the idle timeout, or `stop`. */
  readonly endedBy: 'client' | 'upstream' | 'idle' | StopReason
  /** The side of `endedBy` was reset or failed, rather than ending in order. */
  readonly reset: boolean
  readonly error: Error | undefined
}

export type StopReason = 'forced' | 'inactivity'

export interface Relay {
  /** Bytes read from the client, and from the upstream, since the relay began. */
  readonly up: number
  readonly down: number
  /** The client has sent all that it will, or is gone. */
  readonly clientEnded: boolean
  /** Ends it now. Both sides are reset; but `lastWords`, if any, are still sent to the client, in order and with FIN. */
  stop(reason: StopReason, lastWords?: Uint8Array): void
}

/** When one side is gone, how long the other may take to read what is queued for it, in milliseconds. */
const FLUSH_TIME = 10_000
const QUARTERS = 4
/** So many bytes in a row, in chunks of at least so many, make a side one that sends much. */
const MUCH = 262_144
const LARGE = 16_384

/**
 * Copies bytes both ways until both sides have ended, or one is gone. It owns both connections from now on, and resumes them
 * if they were paused; neither may have told `closed` yet. `done` is called once, later, when both are closed.
 *
 * A side that reads slowly makes the other wait: what is queued for it never exceeds the transport's high-water mark, one
 * chunk (or a pipe, of which there are few), and what was queued before. Each side's end is passed on by itself (half-close). When a side is reset, the other
 * gets what was queued for it, then FIN; a reset instead would destroy bytes that the kernel has not sent yet.
 */
export function startRelay(
  client: Connection,
  upstream: Connection,
  options: RelayOptions,
  done: (result: RelayResult) => void,
): Relay {
  const relay = new TwoWays(client, upstream, options, done)
  relay.start(options)
  return relay
}

class TwoWays implements Relay {
  #client: Side
  #upstream: Side
  #done: (result: RelayResult) => void
  #endedBy: RelayResult['endedBy'] | undefined
  #error: Error | undefined
  #reset = false
  #idle: Deadline | undefined
  #quiet = 0
  #counted = 0
  #queued = 0

  constructor(client: Connection, upstream: Connection, options: RelayOptions, done: (result: RelayResult) => void) {
    this.#done = done
    const { firstByte, throttle } = options
    this.#client = new Side(client, upstream, 'client', this, { throttle })
    this.#upstream = new Side(upstream, client, 'upstream', this, { throttle, firstByte })
  }

  get up(): number {
    return this.#client.bytes
  }

  get down(): number {
    return this.#upstream.bytes
  }

  get clientEnded(): boolean {
    return this.#client.sentEnd || this.#client.gone
  }

  start(options: RelayOptions): void {
    if (options.idleTimeout > 0) this.#watchIdle(options.idleTimeout / QUARTERS)
    this.#client.start()
    this.#upstream.start()
    if (options.clientEnded) this.#client.ended()
    if (options.upstreamEnded) this.#upstream.ended()
  }

  stop(reason: StopReason, lastWords?: Uint8Array): void {
    this.note(reason)
    this.#upstream.connection.destroy(true)
    const client = this.#client.connection
    if (lastWords === undefined) return client.destroy(true)
    client.write(lastWords)
    client.finish(FLUSH_TIME)
  }

  /** What was queued for one side has left: the other may be read again. */
  drained(side: Side): void {
    const other = side === this.#client ? this.#upstream : this.#client
    other.unblock()
  }

  /** Remembers the first cause of the end; the later ones follow from it. */
  note(cause: RelayResult['endedBy']): void {
    this.#endedBy ??= cause
  }

  sideClosed(side: Side, error: Error | undefined): void {
    const orderly = error === undefined
    if (!orderly && (this.#endedBy === undefined || this.#endedBy === side.name)) {
      this.#reset = true
      this.#error = error
    }
    this.note(side.name)
    // when both have sent their end, the other closes by itself, at the pace of its reader
    if (!this.#client.sentEnd || !this.#upstream.sentEnd) side.peer.finish(FLUSH_TIME)
    if (!this.#client.gone || !this.#upstream.gone) return
    this.#idle?.cancel()
    this.#done({ endedBy: this.#endedBy ?? side.name, reset: this.#reset, error: this.#error })
  }

  #watchIdle(quarter: number): void {
    this.#idle = after(quarter, () => {
      if (!this.#isIdle()) return this.#watchIdle(quarter)
      this.note('idle')
      for (const { connection } of [this.#client, this.#upstream]) connection.destroy(connection.queued > 0)
    })
  }

  /** Nothing is kept for each chunk: whether bytes came or left is seen by comparing the counters four times a timeout. */
  #isIdle(): boolean {
    const counted = this.up + this.down
    const queued = this.#client.connection.queued + this.#upstream.connection.queued
    const moved = counted !== this.#counted || queued !== this.#queued
    this.#counted = counted
    this.#queued = queued
    this.#quiet = moved ? 0 : this.#quiet + 1
    return this.#quiet >= QUARTERS
  }
}

interface Watchers {
  readonly firstByte?: (() => void) | undefined
  readonly throttle: Throttle | undefined
}

/** What is read from one connection goes to the other. */
class Side implements ConnectionEvents {
  readonly connection: Connection
  readonly peer: Connection
  readonly name: 'client' | 'upstream'
  bytes = 0
  sentEnd = false
  gone = false
  readonly #relay: TwoWays
  readonly #throttle: Throttle | undefined
  #firstByte: (() => void) | undefined
  /** The peer is behind with what was read. */
  #blocked = false
  /** Bytes that came in large chunks, one after the other. */
  #much = 0
  /** More was read than the rate allows. */
  #held: Deadline | undefined

  constructor(connection: Connection, peer: Connection, name: Side['name'], relay: TwoWays, watchers: Watchers) {
    this.connection = connection
    this.peer = peer
    this.name = name
    this.#relay = relay
    this.#firstByte = watchers.firstByte
    this.#throttle = watchers.throttle
  }

  start(): void {
    this.connection.setEvents(this)
    this.connection.resume()
  }

  data(bytes: Uint8Array, endNext = false): void {
    if (this.bytes === 0) this.#tellFirst()
    this.#much = bytes.length < LARGE ? 0 : this.#much + bytes.length
    if (this.#much > MUCH) this.#passOn()
    this.#took(bytes.length)
    // who is held hears of the end later
    if (!this.peer.write(bytes, endNext && this.#held === undefined)) this.#block()
  }

  moved(count: number): void {
    this.#took(count)
    if (this.peer.queued > 0) this.#block()
  }

  #took(count: number): void {
    this.bytes += count
    if (this.#throttle !== undefined) this.#hold(this.#throttle.relayed(count))
  }

  #block(): void {
    this.#blocked = true
    this.connection.pause()
  }

  #passOn(): void {
    this.#much = 0
    if (this.#throttle?.inPieces !== true) this.connection.passTo?.(this.peer)
  }

  ended(): void {
    this.sentEnd = true
    this.#relay.note(this.name)
    this.peer.end()
  }

  drained(): void {
    this.#relay.drained(this)
  }

  unblock(): void {
    this.#blocked = false
    if (this.#held === undefined) this.connection.resume()
  }

  closed(error: Error | undefined): void {
    this.gone = true
    this.#held?.cancel()
    this.#relay.sideClosed(this, error)
  }

  #hold(milliseconds: number): void {
    if (milliseconds <= 0 || this.#held !== undefined) return
    this.connection.pause()
    this.#held = after(milliseconds, () => {
      this.#held = undefined
      if (!this.#blocked && !this.gone) this.connection.resume()
    })
  }

  #tellFirst(): void {
    const tell = this.#firstByte
    this.#firstByte = undefined
    tell?.()
  }
}
