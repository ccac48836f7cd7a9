import type { SystemCalls } from '../system-calls.ts'
import type { SocketEndpoint } from '../transport.ts'
import type { Arena } from './arena.ts'
import { IPPROTO_TCP, TCP_CONGESTION, TCP_WINDOW_CLAMP } from './linux.ts'

/** Bytes that a peer may have under way, not yet acknowledged by our kernel: of more, packets overtook each other. */
const WINDOW = 1_048_576
/** The letters of "reno": every Linux has it and lets everybody choose it. */
const RENO = 0x6f6e6572
/** Sockets that have it better at a time: of many more, what is under way would leave the cache for want of what holds it back. */
const MOST_TUNED = 16

/**
 * Bulk between two processes of one machine crosses no network: there is nothing to lose, to share or to fill. What TCP does about
 * networks costs there instead: BBR, where the system has chosen it, sends by a timer, and what it holds back leaves when an
 * acknowledgement comes, on the processor of the peer that sent it and out of order with what leaves on ours; so does what windows
 * of many megabytes let a peer send. So a socket whose peer is here loses both once it moves much.
 */
export class Loopback {
  readonly #calls: SystemCalls
  readonly #arena: Arena
  #tuned = 0

  constructor(calls: SystemCalls, arena: Arena) {
    this.#calls = calls
    this.#arena = arena
  }

  /** Whether the socket has it better from now on; `left` must follow when it is closed. What the system refuses is gone without. */
  tune(descriptor: number, local: SocketEndpoint, remote: SocketEndpoint): boolean {
    if (this.#tuned >= MOST_TUNED || !isHere(local, remote)) return false
    this.#tuned += 1
    this.#set(descriptor, TCP_CONGESTION, RENO)
    return true
  }

  /** For a socket that has it better, each time that it is read: the kernel widens the window again whenever it finds more room. */
  keepWindow(descriptor: number): void {
    this.#set(descriptor, TCP_WINDOW_CLAMP, WINDOW)
  }

  /** One that had it better is closed. */
  left(): void {
    this.#tuned -= 1
  }

  #set(descriptor: number, name: number, value: number): void {
    this.#arena.setOption(value)
    this.#calls.setsockopt(descriptor, IPPROTO_TCP, name, this.#arena.option, 4)
  }
}

/** Two ends with one address, or on the loopback interface, whose addresses reach nobody else. */
function isHere(local: SocketEndpoint, remote: SocketEndpoint): boolean {
  return remote.address === local.address || remote.address.startsWith('127.')
}
