import {
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_QUICKACK,
} from './linux.ts'
import type { Poller } from './poller.ts'

/** Probes of a peer that has become silent, seconds apart, until it is given up: as Node's own sockets have it. */
const PROBES = 10
const PROBE_INTERVAL = 1
const SETTLED = 1000 // milliseconds

/** What every socket of the transport is given. */
export class SocketOptions {
  readonly #poller: Poller
  readonly #keepAlive: number
  /** Descriptors and their generations by turns, of the last `SETTLED` milliseconds and of those before. */
  #young: number[] = []
  #old: number[] = []
  #waiting = false

  /** `keepAlive`: milliseconds before the first probe of a silent connection; 0 sends none. */
  constructor(poller: Poller, keepAlive: number) {
    this.#poller = poller
    this.#keepAlive = Math.ceil(keepAlive / 1000)
  }

  /** Those that accepted sockets inherit included; each as the system answered. */
  ofListener(
    descriptor: number,
    { reusePort, sixOnly }: { reusePort: boolean; sixOnly: boolean | undefined },
  ): number[] {
    return [
      this.#set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1),
      ...(reusePort ? [this.#set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)] : []),
      ...(sixOnly === undefined ? [] : [this.#set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, sixOnly ? 1 : 0)]),
      this.makePrompt(descriptor),
      ...(this.#keepAlive === 0 ? [] : [this.#keepAliveOf(descriptor)]),
    ]
  }

  makePrompt(descriptor: number): number {
    return this.#set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1)
  }

  /**
   * Before it connects: the last packet of the handshake waits for the first write, or for about 40 ms. It is a packet less, and what
   * accepts is not woken before there is something to read. Where it cannot be had, nothing is lost.
   */
  joinHandshake(descriptor: number): void {
    this.#set(descriptor, IPPROTO_TCP, TCP_QUICKACK, 0)
  }

  /** Most connections are gone long before a probe is due: those that stay for a second or two are told to probe then. */
  keepAliveLater(descriptor: number): void {
    if (this.#keepAlive === 0) return
    this.#young.push(descriptor, this.#poller.generationOf(descriptor) ?? 0)
    if (!this.#waiting) this.#wait()
  }

  #tellOld(): void {
    const old = this.#old
    for (let index = 0; index < old.length; index += 2) {
      const descriptor = old[index] ?? -1
      if (this.#poller.generationOf(descriptor) === old[index + 1]) this.#keepAliveOf(descriptor)
    }
    old.length = 0
    this.#old = this.#young
    this.#young = old
    this.#waiting = false
    if (this.#old.length > 0) this.#wait()
  }

  #wait(): void {
    this.#waiting = true
    setTimeout(() => this.#tellOld(), SETTLED).unref()
  }

  /** The first that failed, as `-errno`; or 0. */
  #keepAliveOf(descriptor: number): number {
    return (
      this.#set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1) ||
      this.#set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, this.#keepAlive) ||
      this.#set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_INTERVAL) ||
      this.#set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, PROBES)
    )
  }

  #set(descriptor: number, level: number, name: number, value: number): number {
    const { calls, arena } = this.#poller
    arena.setOption(value)
    return calls.setsockopt(descriptor, level, name, arena.option, 4)
  }
}
