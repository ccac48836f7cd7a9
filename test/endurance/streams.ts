import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { TestServer } from '../kit/sockets.ts'
import { until, within } from '../kit/wait.ts'
import { Sequence } from './checked-stream.ts'

/** One end of a streaming connection: what it sends and what it must receive are two sequences. */
class End {
  readonly sent: Sequence
  readonly received: Sequence
  readonly socket: Socket
  wrong: string | undefined
  ended = false

  constructor(socket: Socket, sends: number, receives: number) {
    this.socket = socket
    this.sent = new Sequence(sends)
    this.received = new Sequence(receives)
    socket.on('error', (error) => (this.wrong ??= error.message))
    socket.on('end', () => (this.ended = true))
    socket.on('close', () => (this.wrong ??= this.ended ? undefined : 'closed without an end'))
  }

  check(bytes: Uint8Array): void {
    this.wrong ??= this.received.check(bytes)
  }

  /** Writes unless what was written is still waiting. */
  write(count: number): void {
    if (this.socket.writable && this.socket.writableLength === 0) this.socket.write(this.sent.take(count))
  }
}

/**
 * An upstream of a name. A client that says `?\n` is told the name and nothing else; one that says `#<number>\n` streams:
 * checked bytes both ways until it ends.
 */
export class NamedUpstream {
  readonly name: string
  readonly server: TestServer
  readonly ends: Map<number, End>

  static async start(name: string): Promise<NamedUpstream> {
    const ends = new Map<number, End>()
    const server = await TestServer.start((socket) => {
      socket.once('data', (first: Buffer) => greet(socket, first, name, ends))
    })
    return new NamedUpstream(name, server, ends)
  }

  private constructor(name: string, server: TestServer, ends: Map<number, End>) {
    this.name = name
    this.server = server
    this.ends = ends
  }
}

function greet(socket: Socket, first: Buffer, name: string, ends: Map<number, End>): void {
  const line = first.subarray(0, first.indexOf('\n') + 1)
  if (line[0] !== 0x23) {
    socket.end(name)
    return
  }
  const number = Number(line.toString('latin1', 1))
  const end = new End(socket, 2 * number + 1, 2 * number)
  ends.set(number, end)
  end.check(first.subarray(line.length))
  socket.on('data', (bytes: Buffer) => end.check(bytes))
  socket.on('end', () => socket.end())
}

export interface StreamsOptions {
  readonly port: number
  readonly count: number
  readonly upstream: NamedUpstream
  /** Bytes that each end sends at a time, and milliseconds between two times. */
  readonly chunk: number
  readonly every: number
}

const SLICES = 4

/** Connections through the router that stream all the time, both ways, each byte checked. */
export class Streams {
  readonly #options: StreamsOptions
  readonly #clients: End[] = []
  #timer: NodeJS.Timeout | undefined
  #turn = 0

  static async start(options: StreamsOptions): Promise<Streams> {
    const streams = new Streams(options)
    for (let number = 0; number < options.count; number++) await streams.#open(number)
    const { upstream, count } = options
    await until(
      `${count} streams to reach ${upstream.name}`,
      () => (upstream.ends.size === count ? true : undefined),
      () => `${upstream.ends.size} of them`,
    )
    streams.#timer = setInterval(() => streams.#write(), options.every / SLICES)
    return streams
  }

  private constructor(options: StreamsOptions) {
    this.#options = options
  }

  /** What went wrong so far, one sentence a stream. */
  get wrong(): string[] {
    const ends = [...this.#clients.entries(), ...this.#options.upstream.ends]
    return ends.flatMap(([number, { wrong }]) => (wrong === undefined ? [] : [`stream ${number}: ${wrong}`]))
  }

  /** Bytes that all streams have carried and that were found right. */
  get checked(): number {
    const ends = [...this.#clients, ...this.#options.upstream.ends.values()]
    return ends.reduce((sum, { received }) => sum + received.length, 0)
  }

  /** Closes every stream at once, however it stands. */
  abandon(): void {
    clearInterval(this.#timer)
    for (const { socket } of this.#clients) socket.destroy()
  }

  /** Ends each stream and compares what each end has sent with what the other has received. */
  async finish(): Promise<void> {
    clearInterval(this.#timer)
    for (const { socket } of this.#clients) socket.end()
    await until(
      'all streams to end',
      () => (this.#clients.every(({ ended, wrong }) => ended || wrong !== undefined) ? true : undefined),
      () => `${this.#clients.filter(({ ended }) => !ended).length} have not`,
    )
    for (const [number, client] of this.#clients.entries()) this.#compare(number, client)
    for (const { socket } of this.#clients) socket.destroy()
  }

  #compare(number: number, client: End): void {
    const upstream = this.#options.upstream.ends.get(number)
    if (upstream === undefined) return
    if (client.sent.length !== upstream.received.length)
      upstream.wrong ??= `the client sent ${client.sent.length} bytes, ${upstream.received.length} came`
    if (upstream.sent.length !== client.received.length)
      client.wrong ??= `the upstream sent ${upstream.sent.length} bytes, ${client.received.length} came`
  }

  async #open(number: number): Promise<void> {
    const socket = connect({ port: this.#options.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const end = new End(socket, 2 * number, 2 * number + 1)
    socket.on('data', (bytes: Buffer) => end.check(bytes))
    this.#clients.push(end)
    socket.write(`#${number}\n`)
    await within('a stream to connect', once(socket, 'connect'))
  }

  #write(): void {
    const { chunk, upstream } = this.#options
    this.#turn = (this.#turn + 1) % SLICES
    for (let number = this.#turn; number < this.#clients.length; number += SLICES) {
      this.#clients[number]?.write(chunk)
      upstream.ends.get(number)?.write(chunk)
    }
  }
}
