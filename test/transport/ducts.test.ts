import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import type { SystemCalls } from '../../src/transport/system-calls.ts'
import type { Connection } from '../../src/transport/transport.ts'
import { type RelayOptions, type RelayResult, startRelay } from '../../src/worker/relay.ts'
import { acceptedEnds, connectedEnds, type Peer, pattern, sha256 } from '../contract/ends.ts'
import { eventually } from '../contract/eventually.ts'

const MiB = 1_048_576
const ROOM = 1_048_576
/** What one that moves much may have of a turn, alone and beside others. */
const [WHOLE_TURN, QUARTER] = [1_048_576n, 262_144n]
const [EINTR, EAGAIN, EINVAL, EMFILE, ECONNRESET] = [4, 11, 22, 24, 104]

type Splice = (towards: 'duct' | 'socket', nth: number) => number | undefined

/** A relay on a transport whose `splice` and `pipe2` can answer something else; what was moved by which call is counted. */
async function begin(
  t: TestContext,
  faults: { splice?: Splice; pipe2?: () => number; most?: bigint } = {},
  options: Partial<RelayOptions> = {},
) {
  const pipes = new Set<number>()
  const asked: bigint[] = []
  const seen = { asked, spliced: 0, read: 0, open: () => pipes.size / 2, splices: 0, misuses: 0 }
  const transport = createEpollTransport({
    calls: (real): SystemCalls => ({
      ...real,
      pipe2(pair, flags) {
        const before = ownPipes()
        const answer = faults.pipe2?.() ?? real.pipe2(pair, flags)
        for (const end of ownPipes()) if (!before.has(end)) pipes.add(end)
        return answer
      },
      close(descriptor) {
        pipes.delete(descriptor)
        return real.close(descriptor)
      },
      splice(from, fromOffset, to, toOffset, length, flags) {
        if (from < 0 || to < 0) seen.misuses += 1
        const towards = pipes.has(to) ? 'duct' : 'socket'
        if (towards === 'duct') asked.push(length)
        const some = faults.most === undefined || faults.most > length ? length : faults.most
        const count =
          faults.splice?.(towards, seen.splices++) ?? real.splice(from, fromOffset, to, toOffset, some, flags)
        if (towards === 'duct' && count > 0) seen.spliced += count
        return count
      },
      read(descriptor, memory, length) {
        const count = real.read(descriptor, memory, length)
        if (count > 0 && !pipes.has(descriptor)) seen.read += count
        return count
      },
    }),
  })
  const { connection: clientSide, peer: client } = await acceptedEnds(t, transport)
  const { connection: upstreamSide, peer: upstream } = await connectedEnds(t, transport)
  const results: RelayResult[] = []
  const relay = startRelay(clientSide, upstreamSide, { idleTimeout: 0, ...options }, (one) => results.push(one))
  const ended = () =>
    eventually(
      'the relay to end',
      () => results.length > 0,
      () => [relay.up, relay.down, client.seen()],
    )
  return { transport, client, upstream, clientSide, upstreamSide, relay, results, ended, seen }
}

function ownPipes(): Set<number> {
  const names = readdirSync('/proc/self/fd')
  return new Set(names.filter((name) => target(name).startsWith('pipe:')).map(Number))
}

function target(name: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${name}`)
  } catch {
    return ''
  }
}

/** Sends the bytes and FIN, and waits until the other end has them all. */
async function pass(bytes: Buffer, from: Peer, to: Peer): Promise<void> {
  from.socket.end(bytes)
  await to.until('all of it', ({ ended }) => ended, 30_000)
  assert.equal(to.hash.copy().digest('hex'), sha256(bytes))
}

const MUCH = pattern(16 * MiB, 7)

describe('much that is relayed', { skip: epollMissing() ?? false }, () => {
  it('is passed on without being read, counted, and ends as it would', async (t) => {
    const { client, upstream, relay, results, ended, seen } = await begin(t)
    await Promise.all([pass(MUCH, client, upstream), pass(MUCH, upstream, client)])
    await ended()
    assert.deepEqual([relay.up, relay.down], [MUCH.length, MUCH.length])
    assert.deepEqual([results[0]?.reset, results[0]?.error], [false, undefined])
    assert.ok(seen.spliced > MUCH.length, `${seen.spliced} bytes were spliced, ${seen.read} read`)
    assert.equal(seen.spliced + seen.read, 2 * MUCH.length)
  })

  it('is read again when little comes, and a connection that says nothing has no pipe', async (t) => {
    const { client, upstream, seen } = await begin(t)
    client.socket.write(MUCH)
    await upstream.until('all of it', ({ bytes }) => bytes === MUCH.length, 30_000)
    for (let count = 1; count <= 100; count++) {
      const before = seen.splices
      client.socket.write('x')
      await upstream.until('a byte', ({ bytes }) => bytes === MUCH.length + count)
      if (count > 1) assert.equal(seen.splices, before)
    }
    assert.ok(seen.open() <= 2, `${seen.open()} pipes`)
  })

  it('waits for a reader that is slow, in a pipe at most, and comes when it reads', async (t) => {
    const { client, upstream, upstreamSide, seen } = await begin(t)
    upstream.socket.pause()
    client.socket.end(MUCH)
    await eventually(
      'bytes to wait in a pipe',
      () => upstreamSide.queued > 0 && seen.spliced > 0,
      () => seen,
    )
    assert.ok(upstreamSide.queued <= ROOM, `${upstreamSide.queued}`)
    upstream.socket.resume()
    await upstream.until('all of it', ({ ended }) => ended, 30_000)
    assert.equal(upstream.hash.digest('hex'), sha256(MUCH))
    assert.equal(upstreamSide.queued, 0)
  })

  it('goes in large pieces, and in smaller ones as long as somebody else says a little', async (t) => {
    const { transport, client, upstream, seen } = await begin(t)
    client.socket.write(MUCH)
    await upstream.until('all of it', ({ bytes }) => bytes === MUCH.length, 30_000)
    assert.ok(seen.asked.includes(WHOLE_TURN), `asked for ${seen.asked.join()}`)

    const { connection, peer } = await acceptedEnds(t, transport)
    connection.setEvents({ data: (bytes) => connection.write(bytes), ended() {}, drained() {}, closed() {} })
    peer.socket.on('data', (bytes) => peer.socket.write(bytes))
    peer.socket.write('x')
    await peer.until('an echo', ({ bytes }) => bytes > 0)
    seen.asked.length = 0
    client.socket.write(MUCH)
    await upstream.until('as much again', ({ bytes }) => bytes === 2 * MUCH.length, 30_000)
    const quarters = seen.asked.filter((length) => length === QUARTER).length
    assert.ok(quarters > seen.asked.length / 2, `asked for ${seen.asked.join()}`)
  })

  it('is held where there is a rate that allows for large pieces', async (t) => {
    let moved = 0
    let holds = 0
    const throttle = {
      inPieces: false,
      relayed(bytes: number) {
        moved += bytes
        return ++holds % 3 === 0 ? 5 : 0
      },
    }
    const { client, upstream, seen } = await begin(t, {}, { throttle })
    await pass(MUCH, client, upstream)
    assert.equal(moved, MUCH.length)
    assert.ok(seen.spliced > 0)
  })

  it('is read in small pieces where there is a rate that asks for them, and no faster', async (t) => {
    const asked: number[] = []
    const throttle = {
      inPieces: true,
      relayed(bytes: number) {
        asked.push(bytes)
        return 1
      },
    }
    const { client, upstream, seen } = await begin(t, {}, { throttle })
    await pass(MUCH, client, upstream)
    assert.equal(
      asked.reduce((sum, bytes) => sum + bytes),
      MUCH.length,
    )
    assert.ok(Math.max(...asked) <= 131_072, `a piece of ${Math.max(...asked)} bytes`)
    assert.equal(seen.spliced, 0)
  })

  const unable: readonly [string, Splice][] = [
    ['a pipe cannot take it', (towards) => (towards === 'duct' ? -EINVAL : undefined)],
    ['a pipe cannot give it', (towards) => (towards === 'socket' ? -EINVAL : undefined)],
    ['now and then it cannot', (_, nth) => (nth % 5 === 3 ? -EINVAL : undefined)],
    ['it is interrupted', (_, nth) => (nth % 3 === 0 ? -EINTR : undefined)],
  ]
  for (const [why, splice] of unable)
    it(`is whole where ${why}`, async (t) => {
      const { client, upstream, relay, ended } = await begin(t, { splice })
      await Promise.all([pass(MUCH, client, upstream), pass(MUCH, upstream, client)])
      await ended()
      assert.deepEqual([relay.up, relay.down], [MUCH.length, MUCH.length])
    })

  it('is passed no further once the other side has failed, in the same turn as well', async (t) => {
    const reset: Splice = (towards) => (towards === 'socket' ? -ECONNRESET : undefined)
    const { client, relay, results, ended, seen } = await begin(t, { splice: reset, most: 16_384n })
    client.socket.on('error', () => {}).write(MUCH)
    await ended()
    assert.deepEqual([results[0]?.endedBy, results[0]?.reset, seen.misuses], ['upstream', true, 0])
    assert.ok(relay.up < MUCH.length)
  })

  it('is copied where there is no descriptor for a pipe', async (t) => {
    const { client, upstream, seen } = await begin(t, { pipe2: () => -EMFILE })
    await pass(MUCH, client, upstream)
    assert.deepEqual([seen.spliced, seen.read], [0, MUCH.length])
  })

  for (const [side, towards] of [
    ['client', 'duct'],
    ['upstream', 'socket'],
  ] as const)
    it(`ends with the error of the ${side} when splicing fails there, and leaks no pipe`, async (t) => {
      const splice: Splice = (to, nth) => (nth > 6 && to === towards ? -ECONNRESET : undefined)
      const { client, results, ended, seen } = await begin(t, { splice })
      client.socket.write(MUCH)
      await ended()
      assert.deepEqual([results[0]?.endedBy, results[0]?.reset], [side, true])
      assert.match(results[0]?.error?.message ?? '', /^splice ECONNRESET/)
      assert.ok(seen.open() <= 2, `${seen.open()} pipes`)
    })

  it('that waits in a pipe is dropped with the connection, and the pipe is closed', async (t) => {
    const waits: Splice = (towards) => (towards === 'socket' ? -EAGAIN : undefined)
    const { client, upstream, upstreamSide, ended, seen } = await begin(t, { splice: waits })
    upstream.socket.pause()
    client.socket.write(MUCH)
    await eventually(
      'bytes to wait in a pipe',
      () => upstreamSide.queued > 0 && seen.spliced > 0,
      () => seen,
    )
    assert.equal(seen.open(), 1)
    upstream.socket.resetAndDestroy()
    client.socket.resetAndDestroy()
    await ended()
    assert.equal(seen.open(), 0)
  })

  it('is followed by what was written behind it', async (t) => {
    const { client, upstream, clientSide, seen } = await begin(t)
    client.socket.pause()
    upstream.socket.write(MUCH)
    await eventually(
      'bytes to wait in a pipe',
      () => clientSide.queued > 0 && seen.spliced > 0,
      () => seen,
    )
    const last: Connection = clientSide
    last.write(Buffer.from('goodbye'))
    last.finish(10_000)
    client.socket.resume()
    await client.until('the end', ({ ended }) => ended, 10_000)
    assert.ok(client.bytes > MiB)
    const before = MUCH.subarray(0, client.bytes - 7)
    assert.equal(client.hash.digest('hex'), sha256(Buffer.concat([before, Buffer.from('goodbye')])))
  })
})
