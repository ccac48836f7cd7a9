import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { after, type Deadline } from './deadlines.ts'
import type { Connection, ConnectionEvents, ConnectTarget, SocketEndpoint } from './transport.ts'

/** Bytes queued for a peer from which on `write` answers false. */
export const HIGH_WATER = 65_536

/** After `finish` has sent FIN, how long we wait for the peer's, in milliseconds, and how many bytes we read meanwhile. */
const LINGER_TIME = 1000
const LINGER_BYTES = 1_048_576

const NO_BYTES = Buffer.alloc(0)

/**
 * The memory of the chunk that is being delivered. Node reads into fresh memory each time, so what a receiver passes on of
 * it need not be copied; anything else that is written may be the writer's to use again.
 */
let delivering: ArrayBufferLike | undefined

/** One socket of Node's as the data plane's `Connection`. */
export class NetConnection implements Connection {
  readonly remote: SocketEndpoint
  #socket: Socket
  #events: ConnectionEvents | undefined
  #tcp: boolean
  #local: SocketEndpoint | undefined
  #error: Error | undefined
  #timer: Deadline | undefined
  #discarded = 0
  #paused = false
  #awaitsDrain = false
  #endAsked = false
  #finishing = false
  #destroyed = false
  #closed = false

  static accepted(socket: Socket): NetConnection {
    // no address: the client vanished before we accepted it
    return new NetConnection(socket, endpoint(socket.remoteAddress, socket.remotePort), true, undefined)
  }

  static connecting(socket: Socket, target: ConnectTarget, events: ConnectionEvents): NetConnection {
    const tcp = target.kind === 'tcp'
    const remote = tcp ? { address: target.address, port: target.port } : { address: target.path, port: 0 }
    return new NetConnection(socket, remote, tcp, events)
  }

  private constructor(socket: Socket, remote: SocketEndpoint, tcp: boolean, events: ConnectionEvents | undefined) {
    this.remote = remote
    this.#socket = socket
    this.#tcp = tcp
    this.#events = events
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('end', () => this.#peerEnded())
    socket.on('drain', () => this.#drained())
    socket.on('error', (error) => this.#failed(error))
    socket.on('close', () => this.#gone())
  }

  get local(): SocketEndpoint {
    if (this.#local !== undefined) return this.#local
    const local = endpoint(this.#socket.localAddress, this.#socket.localPort)
    if (local.address !== '') this.#local = local
    return local
  }

  get queued(): number {
    return this.#socket.writableLength
  }

  setEvents(events: ConnectionEvents): void {
    const first = this.#events === undefined
    this.#events = events
    if (!first) return
    if (this.#closed) process.nextTick(() => this.#events?.closed(this.#error))
    else if (!this.#paused) this.#socket.resume()
  }

  pause(): void {
    if (this.#paused || this.#finishing) return
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused || this.#finishing) return
    this.#paused = false
    if (this.#events !== undefined) this.#socket.resume()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#endAsked || this.#destroyed || this.#closed || bytes.length === 0) return true
    const socket = this.#socket
    socket.write(bytes.buffer === delivering ? bytes : Buffer.from(bytes))
    // asked only now, because Node's own answer counts bytes that the kernel has just taken
    if (socket.writableLength < HIGH_WATER) return true
    this.#awaitsDrain = true
    return false
  }

  end(): void {
    if (this.#endAsked || this.#destroyed || this.#closed) return
    this.#endAsked = true
    const socket = this.#socket
    // libuv cannot reset a socket while a shutdown waits behind queued bytes, so the shutdown comes when they have gone
    if (socket.writableLength === 0) socket.end()
    else socket.write(NO_BYTES, (error) => (error ? undefined : socket.end()))
  }

  finish(deadline: number): void {
    if (this.#finishing || this.#destroyed || this.#closed) return
    this.#finishing = true
    this.end()
    // closing with bytes unread would reset the connection, and the peer might lose what we sent last
    this.#socket.resume()
    const started = performance.now()
    this.#timer = after(deadline, () => this.destroy(this.#unsent()))
    const linger = () => this.#linger(started + deadline - performance.now())
    if (this.#socket.writableFinished) linger()
    else this.#socket.once('finish', linger)
  }

  destroy(reset = false): void {
    if (this.#destroyed || this.#closed) return
    this.#destroyed = true
    this.#timer?.cancel()
    const socket = this.#socket
    if (!reset || !this.#tcp || socket.connecting) socket.destroy()
    else if (socket.writableEnded && !socket.writableFinished) socket.once('finish', () => socket.resetAndDestroy())
    else socket.resetAndDestroy()
  }

  #unsent(): boolean {
    return !this.#socket.writableFinished
  }

  #linger(remaining: number): void {
    if (this.#destroyed || this.#closed) return
    this.#timer?.cancel()
    this.#timer = after(Math.max(0, Math.min(LINGER_TIME, remaining)), () => this.destroy())
  }

  #received(chunk: Buffer): void {
    if (this.#destroyed) return
    if (this.#finishing) {
      this.#discarded += chunk.length
      if (this.#discarded > LINGER_BYTES && !this.#unsent()) this.destroy()
      return
    }
    delivering = chunk.buffer
    this.#events?.data(chunk)
    delivering = undefined
  }

  #peerEnded(): void {
    if (!this.#destroyed && !this.#finishing) this.#events?.ended()
  }

  #drained(): void {
    if (!this.#awaitsDrain) return
    this.#awaitsDrain = false
    if (!this.#destroyed && !this.#endAsked) this.#events?.drained()
  }

  #failed(error: Error): void {
    if (!this.#destroyed) this.#error ??= error
  }

  #gone(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.cancel()
    this.#events?.closed(this.#error)
  }
}

const MAPPED = '::ffff:'

function endpoint(address: string | undefined, port: number | undefined): SocketEndpoint {
  if (address === undefined) return { address: '', port: 0 }
  const mapped = address.startsWith(MAPPED) && address.includes('.')
  return { address: mapped ? address.slice(MAPPED.length) : address, port: port ?? 0 }
}
