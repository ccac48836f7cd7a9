/**
 * What it costs to move bytes from one socket to another: by copying them through memory, in pieces of several sizes, and by
 * `splice` through a pipe. CPU time of the moving process for each GiB, over loopback; source and sink are on the other core.
 *
 *     node bench/moving-bytes.ts [rounds] [MiB]
 *
 * Each way is blocking and does nothing else, so that the difference is the kernel's and not a loop's.
 */
import { spawn } from 'node:child_process'
import ffi from 'node:ffi'
import { createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

const [rounds = 3, mebibytes = 1024] = process.argv.slice(2).map(Number)
const MiB = 1_048_576
const KiB = 1024
const WAYS = [
  ...[4, 16, 64, 128, 256, 1024].map((size) => ({ name: `copy, ${size} KiB`, size: size * KiB, splice: false })),
  ...[64, 256, 1024].map((size) => ({ name: `splice, pipe of ${size} KiB`, size: size * KiB, splice: true })),
]
// kept by its name: what only an address refers to is collected
const MEMORY = Buffer.from(new ArrayBuffer(MiB))
const SPLICE_F_MOVE = 1
const F_SETPIPE_SZ = 1031
const AF_INET = 2
const SOCK_STREAM = 1

const calls = ffi.dlopen(null, {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  connect: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  read: { arguments: ['i32', 'pointer', 'u64'], return: 'i32' },
  write: { arguments: ['i32', 'pointer', 'u64'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  pipe2: { arguments: ['buffer', 'i32'], return: 'i32' },
  fcntl: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  splice: { arguments: ['i32', 'u64', 'i32', 'u64', 'u64', 'u32'], return: 'i32' },
}).functions

if (process.argv[2] === 'end') await end(process.argv[3] === 'source', Number(process.argv[4]))
else await compare()

async function compare(): Promise<void> {
  const costs = new Map(WAYS.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++)
    for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) costs.get(way.name)?.push(await measure(way))
  console.log(`CPU milliseconds for each GiB moved, ${rounds} rounds of ${mebibytes} MiB`)
  for (const [name, values] of costs) {
    const sorted = values.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
    console.log(
      name.padEnd(26),
      median.toFixed(0).padStart(5),
      `(${sorted[0]?.toFixed(0)}–${sorted.at(-1)?.toFixed(0)})`,
    )
  }
}

async function measure({ size, splice }: (typeof WAYS)[number]): Promise<number> {
  const [from, to] = await Promise.all([childEnd('source'), childEnd('sink')])
  const before = process.cpuUsage()
  const moved = splice ? spliceAll(from.descriptor, to.descriptor, size) : copyAll(from.descriptor, to.descriptor, size)
  const { user, system } = process.cpuUsage(before)
  calls.close(from.descriptor)
  calls.close(to.descriptor)
  if (moved !== mebibytes * MiB) throw new Error(`${moved} bytes were moved`)
  return (user + system) / 1000 / (mebibytes / 1024)
}

function copyAll(from: number, to: number, size: number): number {
  const address = ffi.getRawPointer(MEMORY)
  const length = BigInt(size)
  for (let moved = 0; ; ) {
    const count = calls.read(from, address, length)
    if (count <= 0) return moved
    for (let sent = 0; sent < count; ) sent += taken(calls.write(to, address + BigInt(sent), BigInt(count - sent)))
    moved += count
  }
}

function taken(count: number): number {
  if (count <= 0) throw new Error('the sink is gone')
  return count
}

function spliceAll(from: number, to: number, size: number): number {
  const pipe = Buffer.alloc(8)
  calls.pipe2(pipe, 0)
  const [out, into] = [pipe.readInt32LE(0), pipe.readInt32LE(4)]
  calls.fcntl(into, F_SETPIPE_SZ, size)
  try {
    for (let moved = 0; ; ) {
      const count = calls.splice(from, 0n, into, 0n, BigInt(size), SPLICE_F_MOVE)
      if (count <= 0) return moved
      for (let sent = 0; sent < count; )
        sent += taken(calls.splice(out, 0n, to, 0n, BigInt(count - sent), SPLICE_F_MOVE))
      moved += count
    }
  } finally {
    calls.close(out)
    calls.close(into)
  }
}

/** A process that sends or takes bytes, and our blocking socket to it. */
async function childEnd(role: 'source' | 'sink'): Promise<{ descriptor: number }> {
  const words = [
    '-c',
    '1',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(import.meta.url),
    'end',
    role,
    String(mebibytes),
  ]
  const child = spawn('taskset', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  )
  const address = Buffer.alloc(16)
  address.writeUInt16LE(AF_INET, 0)
  address.writeUInt16BE(port, 2)
  address.set([127, 0, 0, 1], 4)
  const descriptor = calls.socket(AF_INET, SOCK_STREAM, 0)
  if (calls.connect(descriptor, address, 16) !== 0) throw new Error(`cannot connect to the ${role}`)
  return { descriptor }
}

async function end(isSource: boolean, total: number): Promise<void> {
  const server = createServer((socket) => {
    server.close()
    if (isSource) pour(socket, total * MiB)
    else socket.resume()
  })
  server.listen(0, '127.0.0.1', () => {
    const bound = server.address()
    if (typeof bound === 'object') process.stdout.write(String(bound?.port))
  })
}

function pour(socket: Socket, total: number): void {
  const chunk = Buffer.alloc(256 * KiB)
  let left = total
  const more = () => {
    while (left > 0) {
      left -= chunk.length
      if (!socket.write(chunk)) return
    }
    socket.end()
  }
  socket.on('drain', more)
  more()
}
