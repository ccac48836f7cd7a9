import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestServer } from '../kit/sockets.ts'
import { within } from '../kit/wait.ts'

/** What one connection to a `Recorder` has sent so far. */
export interface Heard {
  readonly socket: Socket
  text: string
  ended: boolean
  closed: boolean
}

/** An upstream that says nothing by itself and remembers everything, one entry a connection. */
export class Recorder implements AsyncDisposable {
  readonly heard: Heard[]
  readonly #server: TestServer

  static async start(accepted: (heard: Heard) => void = () => {}): Promise<Recorder> {
    const all: Heard[] = []
    const server = await TestServer.start((socket) => {
      const heard: Heard = { socket, text: '', ended: false, closed: false }
      all.push(heard)
      socket.on('data', (chunk: Buffer) => (heard.text += chunk.toString('latin1')))
      socket.on('end', () => (heard.ended = true))
      socket.on('close', () => (heard.closed = true))
      accepted(heard)
    })
    return new Recorder(server, all)
  }

  private constructor(server: TestServer, heard: Heard[]) {
    this.#server = server
    this.heard = heard
  }

  get remote(): string {
    return this.#server.remote
  }

  get port(): number {
    return this.#server.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}

let tried = 0

/**
 * A port of 127.0.0.1 that nobody listens on, another one each time. One of the lowest: those that were free a moment ago may be given to
 * whoever asks for any port, such as a test that runs beside this one.
 */
export async function refusedRemote(): Promise<string> {
  for (;;) {
    tried += 1
    const socket = connect(tried, '127.0.0.1')
    const refused = await once(socket, 'connect').then(
      () => false,
      () => true,
    )
    socket.destroy()
    if (refused) return `127.0.0.1:${tried}`
  }
}

/** An echo server on a unix socket; it says `<name>:` first. `listen` may be called later than it is created. */
export class UnixEcho implements AsyncDisposable {
  readonly path: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'pointsman-unix-'))
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(name: string) {
    this.path = join(this.#folder, 'echo.sock')
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.write(`${name}:`)
      socket.on('data', (chunk) => socket.write(chunk))
      socket.on('end', () => socket.end())
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(this.path)
    await once(this.#server, 'listening')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const STUCK = `
const server = require('node:net').createServer()
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/** An upstream whose kernel answers no more: a process that never accepts, with its queue filled. */
export class BlackHole implements AsyncDisposable {
  readonly remote: string
  readonly #child: ChildProcess
  readonly #fillers: Socket[]

  static async start(): Promise<BlackHole> {
    const child = spawn(process.execPath, ['-e', STUCK], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = await within('a process to listen', once(child.stdout, 'data'))
    const port = Number(said)
    const fillers: Socket[] = []
    for (let full = false; !full; ) {
      const filler = connect(port, '127.0.0.1')
      filler.on('error', () => {})
      fillers.push(filler)
      const connected = once(filler, 'connect').then(() => true)
      full = !(await Promise.race([connected, new Promise<boolean>((resolve) => setTimeout(resolve, 250, false))]))
    }
    return new BlackHole(`127.0.0.1:${port}`, child, fillers)
  }

  private constructor(remote: string, child: ChildProcess, fillers: Socket[]) {
    this.remote = remote
    this.#child = child
    this.#fillers = fillers
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const filler of this.#fillers) filler.destroy()
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}

/** An echo server on ::1. */
export async function echoOnIpv6(name: string): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.write(`${name}:`)
    socket.pipe(socket)
  })
  server.listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
