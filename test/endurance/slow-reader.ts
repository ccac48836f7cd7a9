import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { TestServer } from '../kit/sockets.ts'
import { until, within } from '../kit/wait.ts'
import { bytesInKernel, MIB, residentBytes } from './proc.ts'

/** Which end sends as fast as it may; the other reads slowly. */
export type Direction = 'down' | 'up'

export interface SlowOptions {
  readonly direction: Direction
  readonly connections: number
  /** Bytes that each sender has for its reader, and bytes that each reader takes in a second. */
  readonly offered: number
  readonly rate: number
  /** Stop after this many milliseconds, whatever is left; `undefined` reads on to the end. */
  readonly duration?: number
  /** What the worker may grow by, in bytes. */
  readonly allowed: number
}

const CHUNK = Buffer.alloc(262_144, 'pointsman ')
const TICKS = 20
/** What a connection may have on its way beside what the kernel holds: buffers of the sender, the worker and the reader. */
const BUFFERED = 2 * MIB
/** What a fast transfer warms up with. */
const WARM_UP = 256 * MIB

/** Offers much to readers that take little. Asserts that the senders wait and that the worker does not keep what waits. */
export async function slowReaders(t: TestContext, options: SlowOptions): Promise<void> {
  const { direction, connections, offered, rate } = options
  const upstreamEnds: Socket[] = []
  await using upstream = await TestServer.start((socket) => void upstreamEnds.push(socket))
  await using pointsman = await Pointsman.start({ routers: { slow: toUpstream(upstream.remote) } })
  const port = await pointsman.served('slow')
  const [worker = -1] = pointsman.workerPids
  const open = () => openTransfer(port, upstreamEnds, direction)
  await warmUp(await many(connections, open))

  const before = residentBytes(worker)
  const transfers = await many(connections, open)
  for (const transfer of transfers) transfer.start(offered)
  const { most, seconds } = await watch(worker, transfers, [port, upstream.port], options)
  const taken = transfers.reduce((sum, { read }) => sum + read, 0)
  const sent = transfers.reduce((sum, transfer) => sum + transfer.sent, 0)
  const grown = most - before
  t.diagnostic(
    `${connections} × ${rate / MIB} MiB/s ${direction} for ${seconds.toFixed(1)} s: ${(sent / MIB).toFixed(0)} MiB sent, ` +
      `${(taken / MIB).toFixed(0)} MiB read; the worker grew by ${(grown / MIB).toFixed(1)} of ${(options.allowed / MIB).toFixed(1)} MiB`,
  )
  for (const transfer of transfers) transfer.destroy()
  assert.ok(grown < options.allowed, `the worker grew by ${grown} bytes; ${options.allowed} are allowed`)
}

function toUpstream(remote: string): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { remote: '${remote}' }),
})
`
}

function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, make))
}

/** A connection through the router; resolves when its first byte has come to the upstream. */
async function openTransfer(port: number, upstreamEnds: Socket[], direction: Direction): Promise<Transfer> {
  const client = connect({ port, host: '127.0.0.1' })
  client.on('error', () => {})
  await within('connect', once(client, 'connect'))
  client.write('?')
  const server = await until('the upstream to be reached', () => upstreamEnds.pop())
  await within('the first byte', once(server, 'data'))
  // which client's end this is does not matter: all do the same
  return direction === 'down' ? new Transfer(server, client) : new Transfer(client, server)
}

/** As fast as it goes: what a busy worker takes anyway is not what a slow reader costs. */
async function warmUp(transfers: readonly Transfer[]): Promise<void> {
  const each = WARM_UP / transfers.length
  for (const transfer of transfers) transfer.start(each)
  await until(
    'the warm-up',
    () => {
      for (const transfer of transfers) transfer.take(each)
      return transfers.every(({ read }) => read >= each) ? true : undefined
    },
    () => transfers.map(({ sent, read }) => ({ sent, read })),
  )
  for (const transfer of transfers) transfer.destroy()
}

/** A sender that writes whenever it may, and a reader that takes what it is told to. */
class Transfer {
  sent = 0
  read = 0
  readonly #sender: Socket
  readonly #reader: Socket
  #offered = 0
  #mayRead = 0

  constructor(sender: Socket, reader: Socket) {
    this.#sender = sender
    this.#reader = reader
    reader.removeAllListeners('data')
    reader.on('data', (bytes: Buffer) => this.#take(bytes))
    reader.pause()
    sender.on('drain', () => this.#write())
  }

  /** Begins to send `offered` bytes. */
  start(offered: number): void {
    this.#offered = offered
    this.#write()
  }

  /** The sender has more to send and the kernel takes none of it. */
  get blocked(): boolean {
    return this.#sender.writableLength > 0
  }

  /** The reader takes `count` more bytes, a chunk more or less. */
  take(count: number): void {
    this.#mayRead = Math.min(this.#mayRead + count, 2 * count)
    if (this.#mayRead > 0) this.#reader.resume()
  }

  destroy(): void {
    this.#sender.destroy()
    this.#reader.destroy()
  }

  #take(bytes: Buffer): void {
    this.read += bytes.length
    this.#mayRead -= bytes.length
    if (this.#mayRead <= 0) this.#reader.pause()
  }

  #write(): void {
    while (this.sent < this.#offered) {
      this.sent += CHUNK.length
      if (!this.#sender.write(CHUNK)) return
    }
  }
}

/** Lets the readers read at their rate and watches the worker's memory. */
async function watch(
  worker: number,
  transfers: readonly Transfer[],
  ports: readonly number[],
  { rate, offered, duration }: SlowOptions,
): Promise<{ most: number; seconds: number }> {
  const started = performance.now()
  let most = 0
  for (;;) {
    const elapsed = performance.now() - started
    const finished = transfers.every(({ read }) => read >= offered)
    if (finished || (duration !== undefined && elapsed > duration)) return { most, seconds: elapsed / 1000 }
    for (const transfer of transfers) transfer.take(rate / TICKS)
    await new Promise((resume) => setTimeout(resume, 1000 / TICKS))
    most = Math.max(most, residentBytes(worker))
    if (duration !== undefined && elapsed < duration / 2) continue
    for (const { sent, blocked } of transfers) assert.ok(blocked || sent >= offered, 'the sender is not made to wait')
    const buffered = transfers.reduce((sum, { sent, read }) => sum + sent - read, 0) - bytesInKernel(ports)
    assert.ok(buffered < BUFFERED * transfers.length, `${buffered} bytes are on their way outside the kernel`)
  }
}
