/**
 * The other end of relayed connections. Prints what it saw as JSON.
 *
 *     node bench/load/relayed-client.ts bulk <port> <connections> <seconds>
 *     node bench/load/relayed-client.ts trips <port> <bytes of a message> <seconds>
 */
import { quantile } from '../figures.ts'
import { close, dial, discard, expectBulk, receiveText, roundTrip, sendText, unblock, Watched } from './sockets.ts'

export interface Bulk {
  readonly bytes: number
  readonly milliseconds: number
  /** Those before the ones that were timed included. */
  readonly allBytes: number
}

/** Microseconds from sending a message until all of it has come back. */
export interface Trips {
  readonly p50: number
  readonly p99: number
  readonly count: number
}

/** Nothing in so many milliseconds is no throughput. */
const SILENCE = 5000
/** Bytes pass for so long before they are counted. */
const BULK_WARM_UP = 200
/** Trips before those that count: until everybody's caches, and V8, have seen enough. */
const TRIPS_WARM_UP = 2000

function bulk(port: number, connections: number, seconds: number): Bulk {
  const watched = new Watched()
  const descriptors = Array.from({ length: connections }, () => {
    const descriptor = dial(port)
    sendText(descriptor, 'GET bulk\n')
    expectBulk(descriptor)
    unblock(descriptor)
    watched.add(descriptor, 'reading')
    return descriptor
  })
  const before = take(watched, BULK_WARM_UP)
  const taken = take(watched, seconds * 1000)
  descriptors.forEach(close)
  return { ...taken, allBytes: before.bytes + taken.bytes }
}

function take(watched: Watched, milliseconds: number): Omit<Bulk, 'allBytes'> {
  const started = performance.now()
  let bytes = 0
  for (const end = started + milliseconds; performance.now() < end; ) {
    const ready = watched.wait(SILENCE)
    if (ready.length === 0) throw new Error(`nothing came in ${SILENCE} ms`)
    for (const descriptor of ready) {
      const count = discard(descriptor)
      if (count === 0) throw new Error('a connection ended')
      bytes += count
    }
  }
  return { bytes, milliseconds: performance.now() - started }
}

function trips(port: number, size: number, seconds: number): Trips {
  const descriptor = dial(port)
  // the answer shows that the connection is relayed now
  sendText(descriptor, 'GET echo\n!')
  if (receiveText(descriptor) !== '!') throw new Error('the connection is not relayed')
  for (let trip = 0; trip < TRIPS_WARM_UP; trip++) roundTrip(descriptor, size)
  const times: number[] = []
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const sent = performance.now()
    roundTrip(descriptor, size)
    times.push((performance.now() - sent) * 1000)
  }
  close(descriptor)
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), count: times.length }
}

const [what = '', ...numbers] = process.argv.slice(2)
const [port = 0, amount = 1, seconds = 1] = numbers.map(Number)
console.log(JSON.stringify(what === 'bulk' ? bulk(port, amount, seconds) : trips(port, amount, seconds)))
