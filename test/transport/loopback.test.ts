import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import { Poller } from '../../src/transport/epoll/poller.ts'
import { type SystemCalls, theSystem } from '../../src/transport/system-calls.ts'
import { startRelay } from '../../src/worker/relay.ts'
import { acceptedEnds, connectedEnds, pattern, sha256 } from '../contract/ends.ts'

const MiB = 1_048_576
const MUCH = pattern(16 * MiB, 11)
const IPPROTO_TCP = 6
const TCP_WINDOW_CLAMP = 10
const TCP_CONGESTION = 13
const EPERM = 1

interface Told {
  readonly descriptor: number
  readonly option: number
  readonly answer: number
}

/** Notes each option that bulk within this machine is given; `refused` refuses them. */
function noting(told: Told[], refused = false): (real: SystemCalls) => SystemCalls {
  return (real) => ({
    ...real,
    setsockopt(descriptor, level, option, value, length) {
      const ofBulk = level === IPPROTO_TCP && (option === TCP_WINDOW_CLAMP || option === TCP_CONGESTION)
      const answer = ofBulk && refused ? -EPERM : real.setsockopt(descriptor, level, option, value, length)
      if (ofBulk) told.push({ descriptor, option, answer })
      return answer
    },
  })
}

/** Relays the bytes from a client to an upstream, and ends in order. */
async function relay(t: TestContext, transport: ReturnType<typeof createEpollTransport>, bytes: Buffer) {
  const { connection: clientSide, peer: client } = await acceptedEnds(t, transport)
  const { connection: upstreamSide, peer: upstream } = await connectedEnds(t, transport)
  const done = new Promise((resolve) => startRelay(clientSide, upstreamSide, { idleTimeout: 0 }, resolve))
  client.socket.end(bytes)
  await upstream.until('all of it', ({ ended }) => ended, 30_000)
  assert.equal(upstream.hash.digest('hex'), sha256(bytes))
  upstream.socket.end()
  await done
}

describe('bulk within this machine', { skip: epollMissing() ?? false }, () => {
  it('is not paced, and comes through a window that stays small', async (t) => {
    const told: Told[] = []
    await relay(t, createEpollTransport({ calls: noting(told) }), MUCH)
    assert.deepEqual(
      told.filter(({ answer }) => answer !== 0),
      [],
    )
    const unpaced = told.filter(({ option }) => option === TCP_CONGESTION).map(({ descriptor }) => descriptor)
    assert.equal(new Set(unpaced).size, 2, 'both sides, each once')
    assert.equal(unpaced.length, 2)
    const narrowed = told.filter(({ option }) => option === TCP_WINDOW_CLAMP)
    assert.ok(narrowed.length > 1, `the window was set ${narrowed.length} times`)
    assert.equal(new Set(narrowed.map(({ descriptor }) => descriptor)).size, 1, 'the side that is read')
  })

  it('has what little passes untouched', async (t) => {
    const told: Told[] = []
    await relay(t, createEpollTransport({ calls: noting(told) }), MUCH.subarray(0, 100_000))
    assert.deepEqual(told, [])
  })

  it('is whole where the system refuses to have it better', async (t) => {
    const told: Told[] = []
    await relay(t, createEpollTransport({ calls: noting(told, true) }), MUCH)
    assert.ok(told.length > 0)
  })

  it('asks nothing of a side that has closed meanwhile', async (t) => {
    const told: Told[] = []
    const transport = createEpollTransport({ calls: noting(told) })
    const { connection: clientSide } = await acceptedEnds(t, transport)
    const { connection: upstreamSide } = await connectedEnds(t, transport)
    upstreamSide.destroy()
    assert.ok(clientSide.passTo?.(upstreamSide))
    assert.equal(told.length, 1, 'the side that is open')
    clientSide.destroy()
  })

  it('leaves its place to others when it ends', async (t) => {
    const told: Told[] = []
    const transport = createEpollTransport({ calls: noting(told) })
    for (let count = 1; count <= 20; count++) {
      await relay(t, transport, MUCH.subarray(0, 4 * MiB))
      assert.equal(told.filter(({ option }) => option === TCP_CONGESTION).length, 2 * count)
    }
  })

  it('is told from what crosses a network by its addresses, and is of sixteen sockets at most', () => {
    const system = theSystem()
    assert.ok(!(system instanceof Error))
    const told: Told[] = []
    const { loopback, calls } = new Poller(system, noting(told)(system.calls))
    const descriptor = calls.socket(2, 1, 0)
    const end = (address: string) => ({ address, port: 1 })
    const tuned = (local: string, remote: string) => loopback.tune(descriptor, end(local), end(remote))
    assert.deepEqual(
      [
        tuned('192.0.2.1', '192.0.2.2'),
        tuned('127.0.0.1', '192.0.2.2'),
        tuned('2001:db8::1', '2001:db8::2'),
        tuned('', '192.0.2.2'),
      ],
      [false, false, false, false],
    )
    assert.deepEqual(told, [])
    const here = [tuned('192.0.2.1', '192.0.2.1'), tuned('127.0.0.1', '127.9.8.7'), tuned('::1', '::1')]
    assert.deepEqual(here, [true, true, true])
    for (let count = here.length; count < 16; count++) assert.ok(tuned('::1', '::1'))
    assert.ok(!tuned('::1', '::1'))
    loopback.left()
    assert.ok(tuned('::1', '::1'))
    calls.close(descriptor)
  })
})
