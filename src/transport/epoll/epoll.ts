import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { formatTarget } from '../address.ts'
import { type System, type SystemCalls, theSystem } from '../system-calls.ts'
import type {
  ConnectEvents,
  Connection,
  ConnectOptions,
  ConnectTarget,
  SocketEndpoint,
  Transport,
} from '../transport.ts'
import { EpollConnection } from './epoll-connection.ts'
import { listenEpoll } from './epoll-listener.ts'
import { EINPROGRESS, EINTR, EINVAL, ENAMETOOLONG, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from './linux.ts'
import { Poller } from './poller.ts'
import { encodeAddress, familyOf } from './socket-address.ts'
import { SocketOptions } from './socket-options.ts'
import { systemError } from './system-error.ts'

export interface EpollTransportOptions {
  /** Milliseconds before the first TCP keep-alive probe of a silent connection; 0 sends none. Default 60,000. */
  readonly keepAlive?: number
  /** What stands in front of the system's calls; for tests. */
  readonly calls?: (system: SystemCalls) => SystemCalls
}

/** What is missing for this transport; `undefined` when nothing is. */
export function epollMissing(): string | undefined {
  const system = theSystem()
  if (system instanceof Error) return system.message
  // the layout of the kernel's structures is known for these
  return process.arch === 'x64' || process.arch === 'arm64' ? undefined : `this is ${process.arch}, not x64 or arm64`
}

/** Sockets through Linux's epoll, by `node:ffi`, in Node's own event loop. Throws where `epollMissing`. */
export function createEpollTransport(options: EpollTransportOptions = {}): Transport {
  const system = theSystem()
  const missing = epollMissing()
  if (system instanceof Error || missing !== undefined) throw new Error(`epoll: ${missing}`)
  const poller = createPoller(system, options)
  const socketOptions = new SocketOptions(poller, options.keepAlive ?? 60_000)
  return {
    name: 'epoll',
    async listen(address, accepted) {
      const host = isIP(address.host) === 0 ? (await lookup(address.host)).address : address.host
      return listenEpoll(poller, socketOptions, { ...address, host }, accepted)
    },
    connect: (target, events, how) => connect(poller, socketOptions, target, events, how),
  }
}

function createPoller(system: System, { calls }: EpollTransportOptions): Poller {
  return calls === undefined ? new Poller(system) : new Poller(system, calls(system.calls))
}

function connect(
  poller: Poller,
  options: SocketOptions,
  target: ConnectTarget,
  events: ConnectEvents,
  how: ConnectOptions = {},
): Connection {
  const tcp = target.kind === 'tcp'
  const remote: SocketEndpoint = tcp
    ? { address: target.address, port: target.port }
    : { address: target.path, port: 0 }
  const joins = tcp && how.writesAtOnce === true ? options : undefined
  const started = start(poller, target, joins)
  if (started >= 0)
    return EpollConnection.connecting(
      poller,
      { descriptor: started, remote, local: undefined, tcp, options: tcp ? options : undefined },
      events,
      how.writesAtOnce === true && isConnected(poller, started),
    )
  return EpollConnection.failed(poller, remote, systemError('connect', -started, formatTarget(target)), events)
}

/** On one machine the handshake is over before `connect` returns. */
function isConnected({ calls, arena }: Poller, descriptor: number): boolean {
  arena.expectAddress()
  return calls.getpeername(descriptor, arena.address, arena.addressLength) === 0
}

/** A socket that is connecting, or `-errno`; `joins` when its handshake is to end with the first write. */
function start({ calls, arena }: Poller, target: ConnectTarget, joins: SocketOptions | undefined): number {
  const length = encodeAddress(arena.addressBytes, target)
  if (length === 'too-long') return -ENAMETOOLONG
  if (length === 'no-address') return -EINVAL
  const descriptor = calls.socket(familyOf(target), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (descriptor < 0) return descriptor
  joins?.joinHandshake(descriptor)
  const failed = calls.connect(descriptor, arena.address, length)
  // interrupted, it goes on by itself
  if (failed === 0 || failed === -EINPROGRESS || failed === -EINTR) return descriptor
  calls.close(descriptor)
  return failed
}
