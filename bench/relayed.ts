/**
 * What relayed connections cost beside nginx and HAProxy: bytes through one connection, small messages back and forth, and
 * connections that say nothing.
 *
 *     node bench/relayed.ts [rounds] [MiB] [connections]
 *
 * Each proxy is on one core; client and server, plain Node sockets, are together on the other, so that throughput is theirs as
 * much as the proxy's: CPU time of the proxy for each GiB says more. Rounds are interleaved. Needs nginx, haproxy and taskset; there
 * are no more idle connections than half the limit of descriptors.
 */
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { descriptorLimit } from '../src/transport/descriptors.ts'
import { cpuTime, type Peer, Peers } from './peers.ts'

const [rounds = 5, mebibytes = 512, wanted = 10_000] = process.argv.slice(2).map(Number)
/** A proxy has two descriptors for each. */
const idle = Math.min(wanted, Math.floor((descriptorLimit() - 1000) / 2))
const PROXY_CPU = 0
const LOAD_CPU = 1
const MiB = 1_048_576
const TRIPS = 3000
/** The first bytes of every connection: what routers and rules decide by. */
const GREETING = 'GET '

interface Figures {
  readonly cpuPerGiB: number[]
  readonly mebibytesPerSecond: number[]
  readonly tripMicroseconds: number[]
  readonly tripP99: number[]
  bytesPerIdle: number
}

if (process.argv[2] === 'serve') serve()
else await compare()

async function compare(): Promise<void> {
  execFileSync('taskset', ['-cp', String(LOAD_CPU), String(process.pid)])
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve) =>
    server.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  )
  const peers = new Peers()
  try {
    const proxies: Peer[] = [
      { name: 'no proxy', port, pids: () => [], stop() {} },
      await peers.nginxStream(PROXY_CPU, port),
      await peers.haproxy(PROXY_CPU, port),
      { ...(await peers.pointsman(PROXY_CPU, port, { transport: 'net' })), name: 'pointsman, net' },
      { ...(await peers.pointsman(PROXY_CPU, port, { transport: 'epoll' })), name: 'pointsman, epoll' },
    ]
    const figures = new Map<Peer, Figures>(proxies.map((proxy) => [proxy, none()]))
    for (const proxy of proxies) await bulk(proxy, none(), 64)
    for (let round = 0; round < rounds; round++)
      for (const [proxy, its] of round % 2 === 0 ? figures : [...figures].toReversed()) {
        await bulk(proxy, its, mebibytes)
        await pingPong(proxy, its)
      }
    for (const [proxy, its] of figures) if (idle > 0 && proxy.name !== 'no proxy') await idleMemory(proxy, its)
    print(figures)
  } finally {
    peers.stop()
    server.kill()
  }
}

function none(): Figures {
  return { cpuPerGiB: [], mebibytesPerSecond: [], tripMicroseconds: [], tripP99: [], bytesPerIdle: Number.NaN }
}

/** Asks the server for so many MiB and takes them. */
async function bulk(proxy: Peer, its: Figures, size: number): Promise<void> {
  const before = cpuTime(proxy.pids())
  const started = performance.now()
  const socket = await dial(proxy.port, `${GREETING}bulk ${size}\n`)
  let left = size * MiB
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (bytes) => (left -= bytes.length))
    socket.on('end', () => (left === 0 ? resolve() : reject(new Error(`${proxy.name}: ${left} bytes are missing`))))
    socket.on('error', reject)
  })
  socket.destroy()
  const seconds = (performance.now() - started) / 1000
  its.mebibytesPerSecond.push(size / seconds)
  its.cpuPerGiB.push(((cpuTime(proxy.pids()) - before) / 1000 / size) * 1024)
}

/** Messages of 64 bytes, each sent when the one before has come back. */
async function pingPong(proxy: Peer, its: Figures): Promise<void> {
  const socket = await dial(proxy.port, `${GREETING}echo\n`)
  const message = Buffer.alloc(64, 'x')
  const trips: number[] = []
  await new Promise<void>((resolve, reject) => {
    let sent = 0
    let came = 0
    const send = () => {
      sent = performance.now()
      socket.write(message)
    }
    socket.on('data', (bytes) => {
      came += bytes.length
      if (came < message.length) return
      came = 0
      trips.push(performance.now() - sent)
      if (trips.length === TRIPS) resolve()
      else send()
    })
    socket.on('error', reject)
    send()
  })
  socket.destroy()
  const sorted = trips.slice(TRIPS / 10).toSorted((a, b) => a - b)
  its.tripMicroseconds.push(quantile(sorted, 0.5) * 1000)
  its.tripP99.push(quantile(sorted, 0.99) * 1000)
}

/** Memory of all the proxy's processes, before and with idle relayed connections. */
async function idleMemory(proxy: Peer, its: Figures): Promise<void> {
  const before = memory(proxy)
  const sockets: Socket[] = []
  while (sockets.length < idle)
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => dial(proxy.port, `${GREETING}echo\n`, true)))))
  await new Promise((resume) => setTimeout(resume, 3000))
  its.bytesPerIdle = (memory(proxy) - before) / idle
  for (const socket of sockets) socket.destroy()
}

/** Proportional set size, in bytes: what processes share is counted once. */
function memory(proxy: Peer): number {
  const sizes = proxy
    .pids()
    .map((pid) => /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1])
  return sizes.reduce((sum, size) => sum + Number(size ?? 0) * 1024, 0)
}

/** With `answered`, once the server has answered the greeting: the connection is relayed then. */
function dial(port: number, greeting: string, answered = false): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('error', reject)
    socket.write(answered ? `${greeting}!` : greeting)
    socket.once(answered ? 'data' : 'connect', () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** Answers `GET bulk N` with so many MiB, and `GET echo` with all that follows. */
function serve(): void {
  const chunk = Buffer.alloc(256 * 1024)
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      const line = bytes.toString('latin1')
      const size = /^GET bulk (\d+)/.exec(line)?.[1]
      if (size === undefined) {
        const rest = line.slice(line.indexOf('\n') + 1)
        if (rest !== '') socket.write(rest)
        socket.on('data', (more) => socket.write(more))
        return
      }
      let left = Number(size) * MiB
      const pour = () => {
        while (left > 0) {
          left -= chunk.length
          if (!socket.write(chunk)) return
        }
        socket.end()
      }
      socket.on('drain', pour)
      pour()
    })
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    const bound = server.address()
    if (typeof bound === 'object') process.stdout.write(String(bound?.port))
  })
}

function print(figures: ReadonlyMap<Peer, Figures>): void {
  const head = ['CPU ms/GiB', 'MiB/s', '64 B trip µs', 'its p99', 'bytes/idle']
  console.log(`${rounds} rounds of ${mebibytes} MiB, ${idle} idle connections: medians (least–most)`)
  console.log(''.padEnd(26), head.map((text) => text.padStart(18)).join(''))
  for (const [{ name }, its] of figures) {
    const cells = [its.cpuPerGiB, its.mebibytesPerSecond, its.tripMicroseconds, its.tripP99].map(spread)
    console.log(name.padEnd(26), [...cells, its.bytesPerIdle.toFixed(0)].map((text) => text.padStart(18)).join(''))
  }
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return `${quantile(sorted, 0.5).toFixed(0)} (${sorted[0]?.toFixed(0)}–${sorted.at(-1)?.toFixed(0)})`
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
