import { after, type Deadline } from '../deadlines.ts'
import type { ConnectEvents, Connection, ConnectionEvents, SocketEndpoint } from '../transport.ts'
import { CHUNK, FIRST, MOST } from './arena.ts'
import type { Duct } from './ducts.ts'
import {
  EAGAIN,
  EINTR,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SOL_SOCKET,
} from './linux.ts'
import { ALL_SENT, Outgoing, UNABLE, WAITS } from './outgoing.ts'
import type { Poller, Unfinished, Watched } from './poller.ts'
import { decodeAddress } from './socket-address.ts'
import type { SocketOptions } from './socket-options.ts'
import { systemError } from './system-error.ts'

/** Bytes queued while connecting from which on `write` answers false. */
const HIGH_WATER = 65_536
/** Reads of one connection in one turn: a fast one must not keep the others waiting. */
const READS_A_TURN = 8
/** After `finish` has sent FIN, how long we wait for the peer's, in milliseconds, and how many bytes we read meanwhile. */
const LINGER_TIME = 1000
const LINGER_BYTES = 1_048_576

/** What is watched of a connection from its start; that it can be written to again, once it could not. */
const READING = (EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET) >>> 0
const WRITING = (READING | EPOLLOUT) >>> 0
/** After these a short read does not say that nothing is left: an error, or bytes behind urgent data may follow. */
const MORE = EPOLLPRI | EPOLLHUP | EPOLLERR
/** Times that a connection may tell of more while nobody wants to hear: then it is not listened to until somebody does. */
const MOST_UNHEARD = 1
/** Of fewer bytes in a turn it costs more to pass them on unseen than to copy them: after so many such turns in a row they are copied. */
const LITTLE = 65_536
const LITTLE_TURNS = 4

export interface EpollConnectionStart {
  readonly descriptor: number
  readonly remote: SocketEndpoint
  /** Where that is known without asking. */
  readonly local: SocketEndpoint | undefined
  readonly tcp: boolean
  /** What the socket is still to be given; none for those that inherited it. */
  readonly options: SocketOptions | undefined
}

/**
 * One socket, watched edge-triggered: `#readable` and its like remember what the kernel said last. Nothing of its owner's is
 * called out of a call of its owner's, so that no event comes where none is expected.
 */
export class EpollConnection implements Connection, Watched, Unfinished {
  readonly remote: SocketEndpoint
  readonly #poller: Poller
  readonly #tcp: boolean
  /** -1 once it is closed, so that nothing can use the number when it is another's. */
  #descriptor: number
  #local: SocketEndpoint | undefined
  #events: ConnectionEvents | undefined
  /** Whom to tell that it is connected; `undefined` once it is. */
  #connecting: ConnectEvents | undefined
  readonly #outgoing: Outgoing
  /** Whom what is read goes to unseen. */
  #sink: EpollConnection | undefined
  #littleTurns = 0
  #error: Error | undefined
  #timer: Deadline | undefined
  #lingering: Deadline | undefined
  #discarded = 0
  /** What the next read asks for: more of those who send much to somebody who takes it. */
  #ask: number
  #readable: boolean
  /** The end is behind what can be read. */
  #endNear = false
  /** A short read means nothing: what a unix socket carries beside bytes cuts them as well. */
  #readsToEmpty: boolean
  #readQueued = false
  /** It was accepted, and has said nothing yet. */
  #newcomer: boolean
  #comesLast = false
  /** It moved much at once when it was last read: those who move little come first. */
  #much = false
  /** It moves much within this machine, and was told. */
  #tuned = false
  #paused = false
  /** How often more came while it was paused, and whether the kernel tells of it no more. */
  #unheard = 0
  #muted = false
  #peerEnded = false
  #watchesRoom: boolean
  #awaitsDrain = false
  #endAsked = false
  #endSent = false
  /** The errno of a FIN that could not be sent. */
  #endFailed = 0
  #finishing = false
  #closed = false

  /** The answer is an `-errno` when the descriptor cannot be watched; it is the caller's then. */
  static accepted(poller: Poller, start: EpollConnectionStart): EpollConnection | number {
    const connection = new EpollConnection(poller, start, undefined)
    const failed = poller.watch(start.descriptor, connection, READING)
    return failed < 0 ? failed : connection
  }

  /** `connected`: it is already, and is told so as soon as this has returned. */
  static connecting(
    poller: Poller,
    start: EpollConnectionStart,
    events: ConnectEvents,
    connected: boolean,
  ): EpollConnection {
    const connection = new EpollConnection(poller, start, events)
    connection.#watchesRoom = !connected
    const failed = poller.watch(start.descriptor, connection, connected ? READING : WRITING)
    if (failed === 0) {
      start.options?.keepAliveLater(start.descriptor)
      if (connected) process.nextTick(() => connection.#connected())
      return connection
    }
    poller.calls.close(start.descriptor)
    return EpollConnection.failed(poller, start.remote, systemError('epoll_ctl', -failed), events)
  }

  /** One that never came about. */
  static failed(poller: Poller, remote: SocketEndpoint, error: Error, events: ConnectEvents): EpollConnection {
    const connection = new EpollConnection(
      poller,
      { descriptor: -1, remote, local: undefined, tcp: true, options: undefined },
      events,
    )
    connection.#error = error
    connection.#tellClosedLater()
    return connection
  }

  private constructor(poller: Poller, start: EpollConnectionStart, events: ConnectEvents | undefined) {
    this.#poller = poller
    this.#descriptor = start.descriptor
    this.remote = start.remote
    this.#local = start.local
    this.#tcp = start.tcp
    this.#events = events
    this.#connecting = events
    this.#watchesRoom = events !== undefined
    // what was accepted has often been sent something by now
    this.#readable = events === undefined
    this.#newcomer = events === undefined
    this.#ask = this.#newcomer ? FIRST : CHUNK
    this.#readsToEmpty = !start.tcp
    this.#outgoing = new Outgoing(poller, start.options)
  }

  get local(): SocketEndpoint {
    if (this.#local !== undefined) return this.#local
    const { calls, arena } = this.#poller
    arena.expectAddress()
    const known = this.#descriptor >= 0 && calls.getsockname(this.#descriptor, arena.address, arena.addressLength) === 0
    const local = known ? decodeAddress(arena.addressBytes) : { address: '', port: 0 }
    if (known && this.#connecting === undefined) this.#local = local
    return local
  }

  get queued(): number {
    return this.#outgoing.queued
  }

  setEvents(events: ConnectionEvents): void {
    const first = this.#events === undefined
    this.#events = events
    if (!first) return
    if (this.#descriptor < 0) this.#tellClosedLater()
    else this.#readSoon()
  }

  comeLast(): void {
    this.#comesLast = true
  }

  pause(): void {
    if (this.#finishing) return
    this.#paused = true
    this.#ask = CHUNK
  }

  resume(): void {
    if (!this.#paused) return
    this.#goOnHearing()
    this.#readSoon()
  }

  write(bytes: Uint8Array, endNext = false): boolean {
    if (this.#endAsked || this.#descriptor < 0 || bytes.length === 0) return true
    if (this.#connecting === undefined) return !this.#waits(this.#outgoing.write(this.#descriptor, bytes, endNext))
    this.#outgoing.keep(bytes)
    if (this.queued < HIGH_WATER) return true
    this.#awaitsDrain = true
    return false
  }

  passTo(peer: Connection): boolean {
    const able = peer instanceof EpollConnection && peer.#poller === this.#poller && peer.#tcp && !this.#readsToEmpty
    if (!able) return false
    this.#sink = peer
    this.#littleTurns = 0
    this.#tune()
    peer.#tune()
    return true
  }

  /** Much is moved between it and its peer. */
  #tune(): void {
    if (this.#tuned || this.#descriptor < 0) return
    this.#tuned = this.#poller.loopback.tune(this.#descriptor, this.local, this.remote)
  }

  end(): void {
    if (this.#endAsked || this.#descriptor < 0) return
    this.#endAsked = true
    if (this.#outgoing.empty && this.#connecting === undefined) this.#sendEnd()
  }

  finish(deadline: number): void {
    if (this.#finishing || this.#descriptor < 0) return
    this.#finishing = true
    this.#goOnHearing()
    if (this.#descriptor < 0) return
    this.#timer = after(deadline, () => this.destroy(!this.#endSent))
    if (this.#endSent) this.#linger()
    else this.end()
    if (this.#descriptor < 0) return
    // closing with bytes unread would reset the connection, and the peer might lose what we sent last
    this.#readSoon()
  }

  destroy(reset = false): void {
    if (this.#descriptor < 0) return
    if (reset && this.#tcp && this.#connecting === undefined) this.#resetOnClose()
    this.#close()
  }

  ready(events: number): void {
    if ((events & ~EPOLLOUT) !== 0) this.#readable = true
    if ((events & EPOLLRDHUP) !== 0) this.#endNear = true
    if ((events & MORE) !== 0) this.#readsToEmpty = true
    if (this.#connecting !== undefined) {
      if (!this.#settle(events)) return
    } else if (!this.#outgoing.empty && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) !== 0) this.#flush()
    if (this.#paused && (events & EPOLLIN) !== 0 && ++this.#unheard > MOST_UNHEARD) this.#mute()
    if (this.#newcomer || this.#much) this.#readSoon()
    else this.#read()
  }

  /** Whether it is connected. */
  #settle(mask: number): boolean {
    if ((mask & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return false
    const failure = (mask & (EPOLLERR | EPOLLHUP)) === 0 ? 0 : this.#pendingError()
    if (failure !== 0) {
      this.#fail('connect', failure)
      return false
    }
    this.#connected()
    return true
  }

  #connected(): void {
    const events = this.#connecting
    if (events === undefined || this.#descriptor < 0) return
    this.#connecting = undefined
    events.connected()
    // what was written, or ended, while it connected
    if (this.#descriptor < 0 || this.#endSent) return
    if (!this.#outgoing.empty || this.#endAsked) this.#flush()
  }

  #pendingError(): number {
    const { calls, arena } = this.#poller
    arena.setOption(0)
    const failed = calls.getsockopt(this.#descriptor, SOL_SOCKET, SO_ERROR, arena.option, arena.addressLength)
    return failed < 0 ? -failed : arena.optionValue
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #readSoon(): void {
    if (!this.#readable || this.#readQueued || this.#connecting !== undefined) return
    this.#readQueued = true
    if (this.#newcomer) this.#poller.newcomer(this, this.#comesLast)
    else if (this.#much) this.#poller.afterOthers(this)
    else this.#poller.soon(this)
  }

  /** What was put off: reading, or telling that it is closed. */
  goOn(): void {
    this.#readQueued = false
    if (this.#descriptor >= 0) return this.#read()
    if (this.#closed || this.#events === undefined) return
    this.#closed = true
    this.#events.closed(this.#error)
  }

  /** Who sends on and on, in small pieces, must not wake us for each of them to be told that nobody wants it now. */
  #mute(): void {
    if (this.#muted || this.#descriptor < 0) return
    this.#muted = true
    this.#rewatch()
  }

  #goOnHearing(): void {
    this.#paused = false
    this.#unheard = 0
    if (!this.#muted || this.#descriptor < 0) return
    this.#muted = false
    this.#rewatch()
  }

  #rewatch(): void {
    const events = this.#watchesRoom ? WRITING : READING
    const failed = this.#poller.rewatch(this.#descriptor, this.#muted ? (events & ~EPOLLIN) >>> 0 : events)
    if (failed < 0) this.#fail('epoll_ctl', -failed)
  }

  get #mayRead(): boolean {
    return this.#readable && !this.#paused && !this.#peerEnded && this.#events !== undefined && this.#descriptor >= 0
  }

  #read(): void {
    const { calls, arena } = this.#poller
    if (this.#sink !== undefined && this.#mayRead) return this.#pass(this.#sink)
    const most = this.#most
    let bytes = 0
    for (let reads = 0; reads < READS_A_TURN && bytes < most; reads++) {
      if (!this.#mayRead) return
      if (this.#sink !== undefined) break
      const asked = this.#ask
      const count = calls.read(this.#descriptor, arena.input, arena.size(asked))
      if (count > 0) {
        bytes += count
        this.#moved(count, bytes)
        const all = count < asked && !this.#readsToEmpty
        if (count === asked) this.#ask = Math.min(2 * asked, MOST)
        if (all) this.#readable = false
        // when FIN came before we read, nothing can have come since
        const endNext = all && this.#endNear
        this.#received(arena.received(count), endNext)
        if (endNext) return this.#endCame()
      } else if (count === 0) return this.#endCame()
      else if (count === -EAGAIN) return this.#emptied()
      else if (count !== -EINTR) return this.#fail('read', -count)
    }
    this.#readSoon()
  }

  /** Bytes that it may move now: who turns out to move much goes on after the others. */
  get #most(): number {
    return this.#much ? this.#poller.share : CHUNK
  }

  /** `now` of so many bytes in this turn. */
  #moved(now: number, bytes: number): void {
    const much = bytes >= CHUNK
    const flows = this.#tuned && this.#sink !== undefined
    this.#poller.moved(this.#descriptor, now, much || this.#much, flows)
    this.#newcomer = false
    this.#much = much
  }

  /** Reads what is not to be seen. What `splice` cannot do, or not now, is done by copying. */
  #pass(sink: EpollConnection): void {
    const duct = sink.#descriptor < 0 || this.#readsToEmpty || this.#finishing ? undefined : this.#poller.ducts.take()
    if (duct === undefined) return this.#passNoMore()
    if (this.#tuned) this.#poller.loopback.keepWindow(this.#descriptor)
    let bytes = 0
    let count = 1
    let kept = false
    for (let reads = 0; reads < READS_A_TURN && bytes < this.#poller.share; reads++) {
      // a sink that failed just now has closed, and this side with it
      if (!this.#mayRead || this.#finishing || sink.#descriptor < 0 || sink.queued > 0) break
      count = duct.fill(this.#descriptor, this.#poller.shareSize)
      if (count === -EINTR) continue
      if (count <= 0) break
      bytes += count
      this.#moved(count, bytes)
      kept = sink.#send(duct)
      this.#events?.moved?.(count)
      if (kept) break
    }
    if (!kept) this.#poller.ducts.give(duct)
    if (this.#descriptor < 0) return
    this.#littleTurns = bytes < LITTLE ? this.#littleTurns + 1 : 0
    if (this.#littleTurns >= LITTLE_TURNS || UNABLE.includes(count)) this.#sink = undefined
    if (count > 0 || count === -EINTR || UNABLE.includes(count)) this.#readSoon()
    else if (count === 0 && this.#mayRead) this.#endCame()
    else if (count === -EAGAIN) this.#emptied()
    else if (count !== 0) this.#fail('splice', -count)
  }

  #passNoMore(): void {
    this.#sink = undefined
    this.#read()
  }

  #emptied(): void {
    this.#readable = false
    if (this.#endFailed !== 0) this.#fail('shutdown', this.#endFailed)
  }

  #received(bytes: Uint8Array, endNext: boolean): void {
    if (!this.#finishing) return this.#events?.data(bytes, endNext)
    this.#discarded += bytes.length
    if (this.#discarded > LINGER_BYTES && this.#endSent) this.destroy()
  }

  #endCame(): void {
    if (this.#descriptor < 0) return
    if (this.#paused) {
      // the owner wants to hear nothing now: reading says it again
      this.#readable = true
      return
    }
    this.#peerEnded = true
    if (!this.#finishing) this.#events?.ended()
    if (this.#endSent) this.#close()
  }

  // ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sends what is in the duct; whether the duct was kept, for what the kernel did not take. */
  #send(duct: Duct): boolean {
    const sent = this.#outgoing.pass(this.#descriptor, duct)
    const kept = this.#outgoing.keeps(duct)
    this.#waits(sent)
    return kept
  }

  /** Whether the owner has to wait for `drained`. */
  #waits(sent: number): boolean {
    if (sent < 0) this.#fail(this.#outgoing.failed, -sent)
    if (sent !== WAITS) return false
    this.#awaitsDrain = true
    this.#watchRoom()
    return true
  }

  #flush(): void {
    const sent = this.#outgoing.flush(this.#descriptor)
    if (sent === WAITS) return this.#watchRoom()
    if (sent !== ALL_SENT) return this.#fail(this.#outgoing.failed, -sent)
    if (this.#endAsked) this.#sendEnd()
    else if (this.#awaitsDrain) {
      this.#awaitsDrain = false
      this.#events?.drained()
    }
  }

  #watchRoom(): void {
    if (this.#watchesRoom || this.#descriptor < 0) return
    this.#watchesRoom = true
    this.#rewatch()
  }

  /** Everything has been written: closing sends FIN by itself, if there is nothing to wait for. */
  #sendEnd(): void {
    if (this.#peerEnded) return this.#close()
    this.#endSent = true
    const failed = this.#poller.calls.shutdown(this.#descriptor, SHUT_WR)
    if (failed < 0) {
      // it was reset, which reading says, after what came before that
      this.#endFailed = -failed
      this.#readable = true
      this.#readSoon()
    }
    if (this.#finishing) this.#linger()
  }

  /** The deadline of `finish` goes on beside this one: the first that comes closes. */
  #linger(): void {
    this.#lingering = after(LINGER_TIME, () => this.destroy())
  }

  // ── closing ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #fail(call: string, errno: number): void {
    this.#error = systemError(call, errno)
    this.#close()
  }

  #close(): void {
    if (this.#descriptor < 0) return
    const descriptor = this.#descriptor
    this.#descriptor = -1
    this.#outgoing.clear()
    this.#sink = undefined
    this.#timer?.cancel()
    this.#lingering?.cancel()
    this.#poller.close(descriptor)
    if (this.#tuned) this.#poller.loopback.left()
    this.#tellClosedLater()
  }

  #resetOnClose(): void {
    const { calls, arena } = this.#poller
    arena.setOption(1, 0)
    calls.setsockopt(this.#descriptor, SOL_SOCKET, SO_LINGER, arena.option, 8)
  }

  #tellClosedLater(): void {
    this.#poller.last(this)
  }
}
