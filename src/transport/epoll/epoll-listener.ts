import { formatAddress } from '../address.ts'
import type { Connection, ListenAddress, SocketEndpoint, TransportListener } from '../transport.ts'
import { EpollConnection } from './epoll-connection.ts'
import {
  AF_INET6,
  EAGAIN,
  EBADF,
  EINVAL,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  ENOTSOCK,
  EPOLLIN,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from './linux.ts'
import type { Poller, Unfinished, Watched } from './poller.ts'
import { decodeAddress, encodeAddress, familyOf } from './socket-address.ts'
import type { SocketOptions } from './socket-options.ts'
import { systemError } from './system-error.ts'

const BACKLOG = 4096 // the kernel takes the lesser of this and net.core.somaxconn
/** Connections that one listener accepts at a time: those that are flowing must not wait for a crowd at the door. */
const ACCEPTS_AT_A_TIME = 16
/** Milliseconds until accepting is tried again when it failed for want of something. */
const RETRY = 100
/** What is wanting then; or, though nobody could have closed it, the listening socket itself. */
const WANTING: readonly number[] = [EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, ENOTSOCK]

/** Binds and listens on an IP address, or throws the system's error. */
export function listenEpoll(
  poller: Poller,
  options: SocketOptions,
  where: ListenAddress,
  accepted: (connection: Connection) => void,
): TransportListener {
  const { calls } = poller
  const target = { kind: 'tcp', address: where.host, port: where.port } as const
  const family = familyOf(target)
  const descriptor = calls.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  const about = formatAddress(where.host, where.port)
  if (descriptor < 0) throw systemError('socket', -descriptor, about)
  try {
    const check = (result: number) => {
      if (result < 0) throw systemError('listen', -result, about)
    }
    for (const failed of options.ofListener(descriptor, { sixOnly: family === AF_INET6 ? false : undefined, ...where }))
      check(failed)
    const length = encodeAddress(poller.arena.addressBytes, target)
    check(typeof length === 'number' ? calls.bind(descriptor, poller.arena.address, length) : -EINVAL)
    check(calls.listen(descriptor, BACKLOG))
    const listener = new EpollListener(poller, descriptor, boundTo(poller, descriptor), accepted)
    check(listener.start())
    return listener
  } catch (error) {
    calls.close(descriptor)
    throw error
  }
}

function boundTo({ calls, arena }: Poller, descriptor: number): SocketEndpoint {
  arena.expectAddress()
  const failed = calls.getsockname(descriptor, arena.address, arena.addressLength)
  if (failed < 0) throw systemError('getsockname', -failed)
  return decodeAddress(arena.addressBytes)
}

/** A listening socket, watched level-triggered: what one turn leaves, the next one is told of. */
class EpollListener implements TransportListener, Watched, Unfinished {
  readonly port: number
  onError: ((error: Error) => void) | undefined
  readonly #poller: Poller
  readonly #accepted: (connection: Connection) => void
  /** Of every connection, unless it listens on all addresses. */
  readonly #local: SocketEndpoint | undefined
  #descriptor: number
  #paused = false
  /** It will be its turn to accept. */
  #queued = false
  #retry: NodeJS.Timeout | undefined

  constructor(poller: Poller, descriptor: number, bound: SocketEndpoint, accepted: (connection: Connection) => void) {
    this.#poller = poller
    this.#descriptor = descriptor
    this.#accepted = accepted
    this.port = bound.port
    this.#local = bound.address === '0.0.0.0' || bound.address === '::' ? undefined : bound
  }

  start(): number {
    return this.#poller.watch(this.#descriptor, this, EPOLLIN)
  }

  pause(): void {
    if (this.#descriptor < 0 || this.#paused) return
    this.#paused = true
    this.#watch()
  }

  resume(): void {
    if (this.#descriptor < 0 || !this.#paused) return
    this.#paused = false
    this.#watch()
  }

  close(): void {
    if (this.#descriptor < 0) return
    this.#accept(BACKLOG)
    clearTimeout(this.#retry)
    const descriptor = this.#descriptor
    this.#descriptor = -1
    this.#poller.close(descriptor)
  }

  ready(): void {
    if (this.#queued) return
    this.#queued = true
    this.#poller.newcomer(this)
  }

  goOn(): void {
    this.#queued = false
    this.#accept(ACCEPTS_AT_A_TIME)
  }

  #accept(most: number): void {
    const { calls, arena } = this.#poller
    for (let accepts = 0; accepts < most; accepts++) {
      if (this.#paused || this.#retry !== undefined || this.#descriptor < 0) return
      arena.expectAddress()
      const flags = SOCK_NONBLOCK | SOCK_CLOEXEC
      const descriptor = calls.accept4(this.#descriptor, arena.address, arena.addressLength, flags)
      if (descriptor >= 0) this.#welcome(descriptor)
      else if (descriptor === -EAGAIN) return
      else if (WANTING.includes(-descriptor)) return this.#retryLater('accept', -descriptor)
      // anything else is of the connection that was to be accepted, which is gone
    }
  }

  #welcome(descriptor: number): void {
    const remote = decodeAddress(this.#poller.arena.addressBytes)
    const connection = EpollConnection.accepted(this.#poller, {
      descriptor,
      remote,
      local: this.#local,
      tcp: true,
      options: undefined,
    })
    if (typeof connection !== 'number') return this.#accepted(connection)
    this.#poller.calls.close(descriptor)
    this.#retryLater('epoll_ctl', -connection)
  }

  /** Connections wait in the kernel's queue meanwhile. */
  #retryLater(call: string, errno: number): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#watchAgain(), RETRY)
    this.#watch()
    this.onError?.(systemError(call, errno, `on port ${this.port}`))
  }

  #watchAgain(): void {
    this.#retry = undefined
    this.#watch()
  }

  #watch(): void {
    if (this.#descriptor < 0) return
    const wanted = this.#paused || this.#retry !== undefined ? 0 : EPOLLIN
    const failed = this.#poller.rewatch(this.#descriptor, wanted)
    // it goes on being told as before, and says so to nobody; what it should be told it will be later
    if (failed < 0) this.#retry ??= setTimeout(() => this.#watchAgain(), RETRY)
  }
}
