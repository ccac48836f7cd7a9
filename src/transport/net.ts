import { connect as netConnect, type Socket } from 'node:net'
import { canOpen } from './descriptors.ts'
import { HIGH_WATER, NetConnection } from './net-connection.ts'
import { listenNet, type NetListener, type SocketOptions } from './net-listener.ts'
import type { ConnectEvents, Connection, ConnectTarget, Transport } from './transport.ts'

export interface NetTransportOptions {
  /** Milliseconds before the first TCP keep-alive probe of a silent connection; 0 sends none. Default 60,000. */
  readonly keepAlive?: number
}

/**
 * Descriptors that there must be for the next connections. Where there is none, libuv accepts those that wait and closes them; so
 * it must not come to that, whoever takes descriptors away: they are tried after each that is used.
 */
const SPARE = 4

/** Sockets through Node's own `net`: everywhere, at Node's price. */
export function createNetTransport(options: NetTransportOptions = {}): Transport {
  const keepAlive = options.keepAlive ?? 60_000
  const socketOptions: SocketOptions = {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: keepAlive > 0,
    keepAliveInitialDelay: keepAlive,
    highWaterMark: HIGH_WATER,
  }
  const listeners = new Set<NetListener>()
  const used = (): void => {
    if (listeners.size === 0 || canOpen(SPARE)) return
    for (const listener of listeners) listener.descriptorsRunOut()
  }
  return {
    name: 'net',
    listen: async (address, accepted) => {
      const listener = await listenNet(address, socketOptions, (connection) => {
        accepted(connection)
        used()
      })
      listeners.add(listener)
      listener.onClose = () => listeners.delete(listener)
      return listener
    },
    connect: (target, events) => {
      const connection = connect(target, socketOptions, events)
      used()
      return connection
    },
  }
}

function connect(target: ConnectTarget, options: SocketOptions, events: ConnectEvents): Connection {
  const socket = open(target, options)
  const connection = NetConnection.connecting(socket, target, events)
  socket.once('connect', () => events.connected())
  return connection
}

function open(target: ConnectTarget, options: SocketOptions): Socket {
  if (target.kind === 'unix') return netConnect({ ...options, path: target.path })
  return netConnect({ ...options, host: target.address, port: target.port, lookup: refuseLookup })
}

/** A target is an address: were it a name, Node would ask the system's resolver past our cache and our egress rules. */
function refuseLookup(host: string, _options: unknown, answered: (error: Error, address: string) => void): void {
  answered(new Error(`connect to ${JSON.stringify(host)}: this is not an IP address`), '')
}
