import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { createEpollTransport } from '../../src/transport/epoll/epoll.ts'
import type { ConnectEvents, Connection, ConnectionEvents, Transport } from '../../src/transport/transport.ts'
import { startRelay } from '../../src/worker/relay.ts'
import { eventually } from '../contract/eventually.ts'
import { type FaultOptions, Faults } from './faults.ts'

/** What one side says: cut out of this, from a place that the other side is told. */
const TEXT = randomBytes(1_048_576)
const HEADER = 12
const STALLED = 30_000
/** Ends of pipes that a transport keeps open. */
const KEPT_PIPES = 4

export interface CrowdReport {
  readonly connections: number
  /** Both sides got everything and an orderly end. */
  readonly whole: number
  /** The relay, or the way to it, said that something had failed. */
  readonly failed: number
  /** Nobody said so, and yet something is missing: this must be 0. */
  readonly lost: readonly string[]
  readonly fatalFaults: number
  readonly softFaults: number
  readonly misuses: readonly string[]
  readonly leaked: number
}

/**
 * Sends `total` clients, `width` at a time, through a relay on a transport with faults, to a server that answers each: what is
 * said either way is checked byte by byte, and so is that both ends come. Clients and server have a transport without faults.
 */
export async function crowd(total: number, width: number, options: FaultOptions): Promise<CrowdReport> {
  const calm = createEpollTransport()
  let faults: Faults | undefined
  const faulty = createEpollTransport({
    calls: (calls) => {
      faults = new Faults(calls, { ...options, soft: 0, fatal: 0 })
      return faults.table
    },
  })
  if (faults === undefined) throw new Error('the transport asked for no calls')
  const before = readdirSync('/proc/self/fd').length
  const server = await calm.listen({ host: '127.0.0.1', port: 0, reusePort: false }, answer)
  const carrier = new Carrier(faulty, server.port)
  const entrance = await faulty.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (one) => carrier.carry(one))
  Object.assign(faults, { soft: options.soft, fatal: options.fatal })
  const clients = new Clients(calm, entrance.port, faults, total, width)
  await clients.run(() => ({ ...carrier.seen, faults: [faults?.softCount, faults?.fatalCount] }))
  await eventually(
    'the relays to end',
    () => carrier.living === 0,
    () => carrier.seen,
    STALLED,
  )
  Object.assign(faults, { soft: 0, fatal: 0 })
  entrance.close()
  server.close()
  const open = () => readdirSync('/proc/self/fd').length - before - Math.min(KEPT_PIPES, faults?.pipes.size ?? 0)
  await eventually('descriptors to be closed', () => open() <= 0, open)
  return {
    connections: total,
    whole: clients.whole,
    failed: clients.broken.length,
    lost: clients.broken.length > faults.fatalCount ? clients.broken : carrier.lies,
    fatalFaults: faults.fatalCount,
    softFaults: faults.softCount,
    misuses: faults.misuses,
    leaked: open(),
  }
}

/** The server: reads to the end, checks what it got, and answers with a part of the text that the client chose. */
function answer(connection: Connection): void {
  const hash = createHash('md5')
  let header = Buffer.alloc(0)
  let length = 0
  connection.setEvents({
    data(bytes) {
      if (header.length < HEADER) header = Buffer.concat([header, bytes]).subarray(0, HEADER)
      length += bytes.length
      hash.update(bytes)
    },
    ended() {
      if (header.length < HEADER || length !== header.readUInt32LE(8)) return connection.destroy(true)
      connection.write(hash.digest())
      connection.write(TEXT.subarray(header.readUInt32LE(0), header.readUInt32LE(0) + header.readUInt32LE(4)), true)
      connection.end()
    },
    drained() {},
    closed() {},
  })
}

/** As the worker does it: connect, then relay. */
class Carrier {
  living = 0
  carried = 0
  unreachable = 0
  failed = 0
  readonly lies: string[] = []
  readonly #transport: Transport
  readonly #port: number

  constructor(transport: Transport, port: number) {
    this.#transport = transport
    this.#port = port
  }

  get seen() {
    const { living, carried, unreachable, failed } = this
    return { living, carried, unreachable, failed }
  }

  carry(client: Connection): void {
    this.living += 1
    this.carried += 1
    let clientGone = false
    let clientEnded = false
    let early = Buffer.alloc(0)
    const waiting: ConnectionEvents = {
      data: (bytes) => (early = Buffer.concat([early, bytes])),
      ended: () => (clientEnded = true),
      drained() {},
      closed: () => {
        clientGone = true
        upstream.destroy(true)
        this.#over()
      },
    }
    const connecting: ConnectEvents = {
      connected: () => {
        if (early.length > 0) upstream.write(early)
        startRelay(client, upstream, { idleTimeout: 0, clientEnded }, ({ error }) => {
          if (error !== undefined) this.failed += 1
          this.#over()
        })
        // as if much had come already
        if (this.carried % 2 === 0)
          for (const [one, other] of [
            [client, upstream],
            [upstream, client],
          ] as const)
            one.passTo?.(other)
      },
      data() {},
      ended() {},
      drained() {},
      closed: () => {
        if (clientGone) return
        this.unreachable += 1
        client.setEvents({ ...waiting, closed: () => this.#over() })
        client.destroy(true)
      },
    }
    client.setEvents(waiting)
    const upstream = this.#transport.connect({ kind: 'tcp', address: '127.0.0.1', port: this.#port }, connecting, {
      writesAtOnce: this.carried % 3 === 0,
    })
  }

  #over(): void {
    this.living -= 1
  }
}

class Clients {
  whole = 0
  readonly broken: string[] = []
  readonly #transport: Transport
  readonly #port: number
  readonly #faults: Faults
  readonly #total: number
  readonly #width: number
  #begun = 0
  #living = 0
  #over: (() => void) | undefined

  constructor(transport: Transport, port: number, faults: Faults, total: number, width: number) {
    this.#transport = transport
    this.#port = port
    this.#faults = faults
    this.#total = total
    this.#width = width
  }

  async run(seen: () => unknown): Promise<void> {
    const over = new Promise<void>((resolve) => (this.#over = resolve))
    this.#fill()
    let last = -1
    const watch = Promise.withResolvers<void>()
    const timer = setInterval(() => {
      const now = this.whole + this.broken.length
      if (now === last) watch.reject(new Error(`stalled at ${now} of ${this.#total}: ${JSON.stringify(seen())}`))
      last = now
    }, STALLED)
    await Promise.race([over, watch.promise]).finally(() => clearInterval(timer))
  }

  #fill(): void {
    while (this.#living < this.#width && this.#begun < this.#total) {
      this.#begun += 1
      this.#living += 1
      this.#one()
    }
    if (this.#living === 0) this.#over?.()
  }

  #one(): void {
    const size = () => (this.#faults.random(50) === 0 ? this.#faults.random(500_000) : this.#faults.random(2000))
    const [from, answerLength, length] = [this.#faults.random(500_000), size(), HEADER + size()]
    const said = Buffer.from(TEXT.subarray(from, from + length))
    said.writeUInt32LE(from, 0)
    said.writeUInt32LE(answerLength, 4)
    said.writeUInt32LE(length, 8)
    const expected = Buffer.concat([createHash('md5').update(said).digest(), TEXT.subarray(from, from + answerLength)])
    const got: Buffer[] = []
    let ended = false
    const connection = this.#transport.connect(
      { kind: 'tcp', address: '127.0.0.1', port: this.#port },
      {
        connected() {},
        data: (bytes) => got.push(Buffer.from(bytes)),
        ended: () => (ended = true),
        drained() {},
        closed: (error) => {
          const whole = ended && Buffer.concat(got).equals(expected)
          if (whole) this.whole += 1
          else
            this.broken.push(
              `${error?.message ?? 'no error'}; end ${ended}; ${Buffer.concat(got).length} of ${expected.length}`,
            )
          this.#living -= 1
          this.#fill()
        },
      },
    )
    connection.write(said)
    connection.end()
  }
}
