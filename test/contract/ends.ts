import { createHash, type Hash } from 'node:crypto'
import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type {
  ConnectEvents,
  Connection,
  ConnectOptions,
  ConnectTarget,
  Transport,
  TransportListener,
} from '../../src/transport/transport.ts'
import { eventually } from './eventually.ts'

/** Events that keep what happened, in order; runs of `data` are one entry. */
export class Recorder implements ConnectEvents {
  readonly log: string[] = []
  readonly hash: Hash = createHash('sha256')
  bytes = 0
  text = ''
  error: (Error & { code?: string }) | undefined
  /** Called for each chunk, after it was counted. */
  onData: (bytes: Uint8Array) => void = () => {}
  onEnded: () => void = () => {}
  onDrained: () => void = () => {}

  connected(): void {
    this.log.push('connected')
  }

  data(bytes: Uint8Array): void {
    if (this.log.at(-1) !== 'data') this.log.push('data')
    this.bytes += bytes.length
    this.hash.update(bytes)
    if (this.text.length < 1000) this.text += Buffer.from(bytes).toString('latin1')
    this.onData(bytes)
  }

  ended(): void {
    this.log.push('ended')
    this.onEnded()
  }

  drained(): void {
    this.log.push('drained')
    this.onDrained()
  }

  closed(error: Error | undefined): void {
    this.log.push('closed')
    this.error = error
  }

  has(event: string): boolean {
    return this.log.includes(event)
  }

  async until(event: string, limit?: number): Promise<void> {
    await eventually(
      event,
      () => this.has(event),
      () => this.seen(),
      limit,
    )
  }

  async untilText(text: string): Promise<void> {
    await eventually(
      text,
      () => this.text === text,
      () => this.seen(),
    )
  }

  async untilBytes(count: number, limit?: number): Promise<void> {
    await eventually(
      `${count} bytes`,
      () => this.bytes >= count,
      () => this.seen(),
      limit,
    )
  }

  seen(): unknown {
    return { log: this.log, bytes: this.bytes, error: this.error?.message, text: this.text.slice(0, 80) }
  }
}

/** The other end: a plain socket of Node's that keeps what came. */
export class Peer {
  readonly socket: Socket
  readonly hash: Hash = createHash('sha256')
  bytes = 0
  text = ''
  ended = false
  closed = false
  error: string | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length
      this.hash.update(chunk)
      if (this.text.length < 1000) this.text += chunk.toString('latin1')
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
  }

  async until(awaited: string, holds: (peer: Peer) => boolean, limit?: number): Promise<void> {
    await eventually(
      awaited,
      () => holds(this),
      () => this.seen(),
      limit,
    )
  }

  seen(): unknown {
    const { bytes, ended, closed, error } = this
    return { bytes, ended, closed, error, text: this.text.slice(0, 80) }
  }
}

/** A plain client of the port. */
export function dial(t: TestContext, port: number, host = '127.0.0.1'): Peer {
  const peer = new Peer(netConnect({ port, host, allowHalfOpen: true }))
  t.after(() => peer.socket.destroy())
  return peer
}

/** A plain server; `address` is a port of 127.0.0.1 that the system chooses, another host, or a unix path. */
export async function serve(t: TestContext, where: { host?: string; path?: string; pause?: boolean } = {}) {
  const peers: Peer[] = []
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new Peer(socket)
    if (where.pause) socket.pause()
    t.after(() => socket.destroy())
    peers.push(peer)
  })
  t.after(() => server.close())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (where.path === undefined) server.listen(0, where.host ?? '127.0.0.1', resolve)
    else server.listen(where.path, resolve)
  })
  const bound = server.address()
  return { server, peers, port: isAddress(bound) ? bound.port : 0 }
}

function isAddress(bound: AddressInfo | string | null): bound is AddressInfo {
  return typeof bound === 'object' && bound !== null
}

/** The transport listens and a plain client connects: our connection, its record and the client. */
export async function acceptedEnds(t: TestContext, transport: Transport, host = '127.0.0.1') {
  const accepted: Connection[] = []
  const listener = await listen(t, transport, (connection) => accepted.push(connection), host)
  const peer = dial(t, listener.port, host)
  await eventually(
    'a connection accepted',
    () => accepted.length > 0,
    () => peer.seen(),
  )
  const connection = take(accepted)
  t.after(() => connection.destroy())
  return { listener, peer, connection, events: new Recorder() }
}

/** A plain server listens and the transport connects. */
export async function connectedEnds(t: TestContext, transport: Transport) {
  const { peers, port } = await serve(t)
  const events = new Recorder()
  const connection = connect(t, transport, { kind: 'tcp', address: '127.0.0.1', port }, events)
  await events.until('connected')
  await eventually('the server to accept', () => peers.length > 0)
  return { peer: take(peers), connection, events, port }
}

export async function listen(
  t: TestContext,
  transport: Transport,
  accepted: (connection: Connection) => void,
  host = '127.0.0.1',
): Promise<TransportListener> {
  const listener = await transport.listen({ host, port: 0, reusePort: false }, accepted)
  t.after(() => listener.close())
  return listener
}

export function connect(
  t: TestContext,
  transport: Transport,
  target: ConnectTarget,
  events: ConnectEvents,
  how: ConnectOptions = {},
): Connection {
  const connection = transport.connect(target, events, how)
  t.after(() => connection.destroy())
  return connection
}

function take<T>(list: readonly T[]): T {
  const [first] = list
  if (first === undefined) throw new Error('nothing was accepted')
  return first
}

/** Bytes that differ everywhere, so that a lost, doubled or swapped chunk changes their hash. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = seed
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
