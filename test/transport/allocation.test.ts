import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import { startRelay } from '../../src/worker/relay.ts'
import { listen } from '../contract/ends.ts'

const SIZE = 10_000
const WARM = 4000
const TRIPS = 8000

/** Both ends in a process of their own: a server that echoes, and a client that sends the next chunk when the last has come back. */
const PEERS = `
  import { createServer, connect } from 'node:net'
  const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1', () => console.log(server.address().port))
  process.stdin.once('data', (port) => {
    const client = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
    const chunk = Buffer.alloc(${SIZE})
    let trips = 0
    let came = 0
    client.on('data', (bytes) => {
      came += bytes.length
      if (came < ${SIZE}) return
      came = 0
      trips += 1
      if (trips === ${WARM} || trips === ${WARM + TRIPS}) console.log(trips)
      if (trips < ${WARM + TRIPS}) client.write(chunk)
      else process.exit()
    })
    client.write(chunk)
  })`

describe('relaying a chunk', { skip: epollMissing() ?? false }, () => {
  it('allocates no memory for it: what a turn of the loop takes is less than a tenth of a small one', async (t) => {
    const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', PEERS]
    const peers = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => peers.kill())
    const transport = createEpollTransport()
    const lines = createInterface(peers.stdout)[Symbol.asyncIterator]()
    const echo = Number((await lines.next()).value)
    const listener = await listen(t, transport, (client) => {
      const upstream = transport.connect(
        { kind: 'tcp', address: '127.0.0.1', port: echo },
        {
          connected: () =>
            startRelay(
              client,
              upstream,
              { idleTimeout: 60_000, throttle: { inPieces: false, relayed: () => 0 } },
              () => {},
            ),
          data() {},
          ended() {},
          drained() {},
          closed() {},
        },
      )
    })
    peers.stdin.write(`${listener.port}`)
    await lines.next()
    const before = allocated()
    await lines.next()
    const perChunk = (allocated() - before) / TRIPS / 2
    if (peers.exitCode === null) await once(peers, 'exit')
    assert.ok(perChunk < SIZE / 10, `${perChunk} bytes for each chunk`)
  })
})

/** Bytes of objects and of buffers since the start. */
function allocated(): number {
  const statistics: unknown = getHeapStatistics()
  const total =
    typeof statistics === 'object' && statistics !== null ? Reflect.get(statistics, 'total_allocated_bytes') : 0
  return Number(total) + process.memoryUsage().arrayBuffers
}
