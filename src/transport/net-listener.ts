import { createServer, type Server, type ServerOpts, type Socket } from 'node:net'
import { closeDescriptor, duplicateDescriptor } from './descriptors.ts'
import { NetConnection } from './net-connection.ts'
import type { Connection, ListenAddress, TransportListener } from './transport.ts'

/** What every socket of the transport is given. */
export type SocketOptions = Required<
  Pick<ServerOpts, 'allowHalfOpen' | 'noDelay' | 'keepAlive' | 'keepAliveInitialDelay' | 'highWaterMark'>
>

type Accepted = (connection: Connection) => void

const BACKLOG = 4096 // the kernel takes the lesser of this and net.core.somaxconn
const RESUME_RETRY = 100 // milliseconds

/** Binds and listens, or rejects with the system's error. */
export async function listenNet(
  address: ListenAddress,
  options: SocketOptions,
  accepted: Accepted,
): Promise<NetListener> {
  const server = acceptingServer(options, accepted)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...address, backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return new NetListener(server, address, () => acceptingServer(options, accepted))
}

function acceptingServer(options: SocketOptions, accepted: Accepted): Server {
  const server = createServer({ ...options, pauseOnConnect: true })
  server.on('connection', (socket: Socket) => accepted(NetConnection.accepted(socket)))
  return server
}

/**
 * Node cannot stop accepting without closing its listening socket. So a second descriptor keeps that socket alive: while
 * the server is closed, the kernel goes on completing handshakes and queues the connections for the server that resumes.
 * Without a second descriptor (see `duplicateDescriptor`) a pause closes the socket, and the port is bound again after it.
 */
export class NetListener implements TransportListener {
  readonly port: number
  onError: ((error: Error) => void) | undefined
  onClose: (() => void) | undefined
  #address: ListenAddress
  #create: () => Server
  #server: Server | undefined
  #kept: number | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(server: Server, address: ListenAddress, create: () => Server) {
    const bound = server.address()
    this.port = typeof bound === 'object' && bound !== null ? bound.port : address.port
    this.#address = { ...address, port: this.port }
    this.#create = create
    this.#server = server
    server.on('error', (error) => this.onError?.(error))
    // now, not when it is needed: a pause comes when descriptors run out
    const descriptor = descriptorOf(server)
    this.#kept = descriptor === undefined ? undefined : duplicateDescriptor(descriptor)
  }

  pause(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#server?.close()
    this.#server = undefined
  }

  resume(): void {
    if (this.#closed || this.#server !== undefined) return
    clearTimeout(this.#retry)
    const server = this.#create()
    if (!this.#listen(server)) {
      this.#resumeLater(new Error(`accept again on port ${this.port}: no descriptor is left`))
      return
    }
    this.#server = server
    server.on('error', (error) => {
      const stillListens = server.listening || server !== this.#server
      if (stillListens) this.onError?.(error)
      else this.#resumeLater(error)
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.onClose?.()
    this.pause()
    if (this.#kept !== undefined) closeDescriptor(this.#kept)
    this.#kept = undefined
  }

  /** There are too few for the next connection: whoever owns this is told before accepting fails. */
  descriptorsRunOut(): void {
    if (this.#server !== undefined) this.onError?.(new Error('too few descriptors are left'))
  }

  #listen(server: Server): boolean {
    if (this.#kept === undefined) {
      server.listen({ ...this.#address, backlog: BACKLOG })
      return true
    }
    const descriptor = duplicateDescriptor(this.#kept)
    if (descriptor === undefined) return false
    server.listen({ fd: descriptor }, BACKLOG)
    return true
  }

  #resumeLater(error: Error): void {
    this.#server = undefined
    this.#retry = setTimeout(() => this.resume(), RESUME_RETRY)
    this.onError?.(error)
  }
}

/** The server's descriptor, which Node keeps in an undocumented place; -1 and absence mean that there is none. */
function descriptorOf(server: Server): number | undefined {
  const handle: unknown = Reflect.get(server, '_handle')
  if (typeof handle !== 'object' || handle === null) return undefined
  const descriptor: unknown = Reflect.get(handle, 'fd')
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined
}
