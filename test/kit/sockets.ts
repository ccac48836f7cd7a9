import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { PATIENCE, within } from './wait.ts'

/** A TCP server on a port of the system's choice, closed with everything that it accepted. */
export class TestServer implements AsyncDisposable {
  readonly port: number
  readonly sockets: Set<Socket>
  readonly #server: Server

  static async start(accepted: (socket: Socket) => void, host = '127.0.0.1'): Promise<TestServer> {
    const sockets = new Set<Socket>()
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {})
      accepted(socket)
    })
    server.listen(0, host)
    await once(server, 'listening')
    return new TestServer(server, sockets)
  }

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  get remote(): string {
    return `127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** An upstream that answers `<name>:` at its first byte, echoes everything, and ends when its client does. */
export function echoServer(name: string): Promise<TestServer> {
  return TestServer.start((socket) => {
    socket.once('data', () => socket.write(`${name}:`))
    socket.on('data', (chunk) => socket.write(chunk))
    socket.on('end', () => socket.end())
  })
}

/** A client that keeps everything it is sent. */
export class Client {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  readonly #closed: Promise<void>
  /** The port that we connected to. */
  readonly server: number
  #port = 0
  ended = false
  error: Error | undefined

  static async connect(port: number, host = '127.0.0.1'): Promise<Client> {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
    const client = new Client(socket, port)
    await within(`connect to port ${port}`, once(socket, 'connect'))
    client.#port = socket.localPort ?? 0
    return client
  }

  private constructor(socket: Socket, server: number) {
    this.socket = socket
    this.server = server
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    socket.on('end', () => (this.ended = true))
    socket.on('error', (error) => (this.error = error))
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** Our port, known after the socket is closed too: access records name it. */
  get port(): number {
    return this.#port
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.received.toString('latin1')
  }

  write(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** Writes one byte at a time, each in a segment of its own as far as the kernel lets it. */
  async dribble(bytes: string | Uint8Array): Promise<this> {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    for (const byte of all) {
      await new Promise((resolve) => this.socket.write(Uint8Array.of(byte), resolve))
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this
  }

  end(): this {
    this.socket.end()
    return this
  }

  /** Resolves with what was received once that `matches`, or the other side has ended. */
  async receives(matches: RegExp | ((text: string) => boolean), patience: number = PATIENCE): Promise<string> {
    const test = matches instanceof RegExp ? (text: string) => matches.test(text) : matches
    const end = performance.now() + patience
    while (!test(this.text)) {
      const left = end - performance.now()
      if (left <= 0 || this.ended || this.error !== undefined || this.socket.destroyed)
        throw new Error(
          `a client waited for ${String(matches)} and has ${JSON.stringify(this.text.slice(0, 300))} (ended: ${this.ended}, error: ${this.error?.message})`,
        )
      const waiting = new AbortController()
      const { signal } = waiting
      await Promise.race([
        once(this.socket, 'data', { signal }),
        once(this.socket, 'close', { signal }),
        once(this.socket, 'end', { signal }),
        new Promise((resolve) => setTimeout(resolve, left).unref()),
      ]).finally(() => waiting.abort())
    }
    return this.text
  }

  /** Everything until the other side's end. */
  async rest(patience: number = PATIENCE): Promise<string> {
    if (!this.ended && !this.socket.destroyed)
      await within(
        `the end of a connection that has sent ${JSON.stringify(this.text.slice(0, 200))}`,
        Promise.race([once(this.socket, 'end'), this.#closed]),
        patience,
      )
    return this.text
  }

  async closed(): Promise<void> {
    await within('a connection to close', this.#closed)
  }

  destroy(): void {
    this.socket.destroy()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }
}

/** Connects, sends `bytes`, ends, and gives everything that comes back. */
export async function exchange(port: number, bytes: string | Uint8Array): Promise<string> {
  const client = await Client.connect(port)
  const answer = await client.write(bytes).end().rest()
  client.destroy()
  return answer
}

/** A port that nobody listens on, for what cannot be told to choose one itself. */
export async function freePort(): Promise<number> {
  await using server = await TestServer.start(() => {})
  return server.port
}
