/**
 * Opens connections at a fixed rate, whether or not earlier ones were answered, and says how long after each was *due* the first byte of
 * its answer came: a proxy that stands still for a moment makes all those late that were due in it, and that is counted (no
 * coordinated omission).
 *
 *     node bench/load/open-loop.ts <port> <connections a second> <seconds>
 *
 * It uses the epoll transport, since Node's sockets would take most of a core at some thousand connections a second. Prints what it saw
 * as JSON. That it kept up itself is `late`, by how much after they were due connections were begun, and `busy`.
 */
import { fileURLToPath } from 'node:url'
import { createEpollTransport } from '../../src/transport/epoll/epoll.ts'
import type { ConnectEvents, Connection, Transport } from '../../src/transport/transport.ts'
import { quantile } from '../figures.ts'
import { due } from './due.ts'

/** Times are microseconds. */
export interface Seen {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly answered: number
  /** Not answered within two seconds, refused, reset, or answered wrongly. */
  readonly failed: number
  /** The 99th percentile of how late connections were begun. */
  readonly late: number
  /** The share of the time in which this program had the processor; at 1 it would be what is measured. */
  readonly busy: number
}

const ANSWER_LIMIT = 2000
/** Those of the first moments are not counted. */
const WARM_UP = 0.1
async function openLoop(port: number, perSecond: number, seconds: number): Promise<Seen> {
  const transport = createEpollTransport()
  const count = Math.round(perSecond * seconds)
  const warming = Math.floor(count * WARM_UP)
  const times: number[] = []
  const late: number[] = []
  let failed = 0
  let open = 0
  let used = process.cpuUsage()
  for await (const { number, at } of due(perSecond, count)) {
    if (number === warming) used = process.cpuUsage()
    if (number >= warming) late.push(performance.now() - at)
    open += 1
    new Request(transport, port, number, (answered) => {
      open -= 1
      if (answered === undefined) failed += 1
      else if (number >= warming) times.push(answered - at)
    })
  }
  const { user, system } = process.cpuUsage(used)
  const end = performance.now() + 2 * ANSWER_LIMIT
  while (open > 0 && performance.now() < end) await new Promise((resume) => setTimeout(resume, 20))
  return {
    p50: quantile(times, 0.5) * 1000,
    p99: quantile(times, 0.99) * 1000,
    p999: quantile(times, 0.999) * 1000,
    answered: times.length,
    failed: failed + open,
    late: quantile(late, 0.99) * 1000,
    busy: (user + system) / 1e6 / (seconds * (1 - WARM_UP)),
  }
}

/** One connection, and what becomes of it. */
class Request implements ConnectEvents {
  readonly #bytes: Uint8Array
  readonly #ended: (answered: number | undefined) => void
  readonly #connection: Connection
  readonly #limit: NodeJS.Timeout
  #answered: number | undefined

  constructor(transport: Transport, port: number, number: number, ended: (answered: number | undefined) => void) {
    this.#bytes = Buffer.from(
      `GET /${process.pid}-${number} HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n`,
    )
    this.#ended = ended
    this.#connection = transport.connect({ kind: 'tcp', address: '127.0.0.1', port }, this)
    this.#limit = setTimeout(() => this.#connection.destroy(true), ANSWER_LIMIT)
  }

  connected(): void {
    this.#connection.write(this.#bytes)
  }

  data(bytes: Uint8Array): void {
    if (this.#answered === undefined && Buffer.from(bytes).toString('latin1', 0, 12) === 'HTTP/1.1 200')
      this.#answered = performance.now()
  }

  ended(): void {
    this.#connection.destroy()
  }

  drained(): void {}

  closed(): void {
    clearTimeout(this.#limit)
    this.#ended(this.#answered)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = 0, perSecond = 1, seconds = 1] = process.argv.slice(2).map(Number)
  console.log(JSON.stringify(await openLoop(port, perSecond, seconds)))
}
