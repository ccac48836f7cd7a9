import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Arena } from '../../src/transport/epoll/arena.ts'
import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import { Naps } from '../../src/transport/epoll/naps.ts'
import { type SystemCalls, theSystem } from '../../src/transport/system-calls.ts'
import { startRelay } from '../../src/worker/relay.ts'
import { acceptedEnds, connectedEnds, pattern, sha256 } from '../contract/ends.ts'

const MUCH = pattern(32 * 1_048_576, 12)
const ENOSYS = 38
/** Times that one must have moved bytes before, and nobody else. */
const LATELY = 16

/** Relays the bytes from a client to an upstream, and gives how many naps were taken. */
async function relay(t: TestContext, bytes: Buffer, nanosleep?: SystemCalls['nanosleep']): Promise<number> {
  let naps = 0
  const calls = (real: SystemCalls): SystemCalls => ({
    ...real,
    nanosleep(...words) {
      naps += 1
      return (nanosleep ?? real.nanosleep)(...words)
    },
  })
  const transport = createEpollTransport({ calls })
  const { connection: clientSide, peer: client } = await acceptedEnds(t, transport)
  const { connection: upstreamSide, peer: upstream } = await connectedEnds(t, transport)
  const done = new Promise((resolve) => startRelay(clientSide, upstreamSide, { idleTimeout: 0 }, resolve))
  client.socket.end(bytes)
  await upstream.until('all of it', ({ ended }) => ended, 30_000)
  assert.equal(upstream.hash.digest('hex'), sha256(bytes))
  upstream.socket.end()
  await done
  return naps
}

/** Naps of a clock that can be told to be coarse, and how many there were. */
function naps(): { naps: Naps; taken: () => number; late: (by: number) => void } {
  const system = theSystem()
  assert.ok(!(system instanceof Error))
  let taken = 0
  let late = 0
  const nanosleep: SystemCalls['nanosleep'] = (...words) => {
    taken += 1
    const answer = system.calls.nanosleep(...words)
    for (const end = performance.now() + late; performance.now() < end; );
    return answer
  }
  const calls = { ...system.calls, nanosleep }
  return {
    naps: new Naps(calls, new Arena((bytes) => system.addressOf(bytes))),
    taken: () => taken,
    late: (by) => {
      late = by
    },
  }
}

describe('naps between the pieces of what flows within this machine', { skip: epollMissing() ?? false }, () => {
  it('are taken by a connection that flows alone, and lose nothing', async (t) => {
    assert.ok((await relay(t, MUCH)) > 0)
  })

  it('are not taken for little', async (t) => {
    assert.equal(await relay(t, MUCH.subarray(0, 200_000)), 0)
  })

  it('are gone without where the system refuses them', async (t) => {
    assert.ok((await relay(t, MUCH, () => -ENOSYS)) > 0)
  })

  it('are of some 60 microseconds', () => {
    const { naps: napper } = naps()
    let shortest = Number.POSITIVE_INFINITY
    for (const end = performance.now() + 100; performance.now() < end; ) {
      napper.moved(7, true)
      const began = performance.now()
      if (napper.take()) shortest = Math.min(shortest, performance.now() - began)
    }
    assert.ok(shortest >= 0.01 && shortest < 0.5, `the shortest took ${shortest} ms`)
  })

  it('begin when one has moved bytes so many times and nobody else has, one for each time', () => {
    const { naps: napper, taken } = naps()
    for (let count = 0; count < LATELY; count++) {
      napper.moved(7, true)
      assert.equal(napper.take(), false)
    }
    napper.moved(7, true)
    assert.equal(napper.take(), true)
    assert.equal(napper.take(), false, 'nothing was moved since')
    assert.equal(taken(), 1)
  })

  it('end when another moves bytes, or the same one no longer does so unseen', () => {
    for (const [descriptor, flows] of [
      [8, true],
      [8, false],
      [7, false],
    ] as const) {
      const { naps: napper, taken } = naps()
      for (let count = 0; count <= LATELY; count++) napper.moved(7, true)
      napper.moved(descriptor, flows)
      assert.equal(napper.take(), false)
      for (let count = 0; count < LATELY; count++) napper.moved(7, true)
      assert.equal(napper.take(), false)
      napper.moved(7, true)
      assert.equal(napper.take(), true)
      assert.equal(taken(), 1)
    }
  })

  it('are few where the clock is coarse', () => {
    const { naps: napper, taken, late } = naps()
    for (let count = 0; count < LATELY; count++) napper.moved(7, true)
    late(4)
    const began = performance.now()
    while (performance.now() - began < 50) {
      napper.moved(7, true)
      napper.take()
    }
    assert.equal(taken(), 1, 'of 4 ms, within 50')
    late(0)
    while (performance.now() - began < 200 && taken() === 1) {
      napper.moved(7, true)
      napper.take()
    }
    assert.equal(taken(), 2, 'once 16 times as long has passed')
  })
})
