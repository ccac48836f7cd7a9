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
} from './linux.ts'
import type { Poller } from './poller.ts'

/** Probes of a peer that has become silent, seconds apart, until it is given up: as Node's own sockets have it. */
const PROBES = 10
const PROBE_INTERVAL = 1

/** What every socket of the transport is given. */
export class SocketOptions {
  readonly #poller: Poller
  readonly #keepAlive: number

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
      this.ofConnection(descriptor),
    ]
  }

  /** The first that failed, as `-errno`; or 0. */
  ofConnection(descriptor: number): number {
    const failed = this.#set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1)
    return failed < 0 || this.#keepAlive === 0 ? failed : this.#keepAliveOf(descriptor)
  }

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
