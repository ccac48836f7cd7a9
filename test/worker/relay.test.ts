import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { TokenBucket } from '../../src/tenants/token-bucket.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { type Relay, type RelayOptions, type RelayResult, startRelay } from '../../src/worker/relay.ts'
import { acceptedEnds, connectedEnds, type Peer, pattern, sha256 } from '../contract/ends.ts'
import { eventually } from '../contract/eventually.ts'
import { transports } from '../contract/transports.ts'

const MiB = 1_048_576
/** A chunk of the largest kind, or what a pipe has room for. */
const MOST_QUEUED = 1_048_576

for (const transport of transports()) describe(`the relay over ${transport.name}`, () => relayTests(transport))

function relayTests(transport: Transport): void {
  const start = (...options: Started) => begin(transport, ...options)

  it('copies 64 MiB both ways at once, in chunks of any size, and counts them', async (t) => {
    const { client, upstream, relay, result } = await start(t)
    const [up, down] = await Promise.all([send(client, 64 * MiB, 1), send(upstream, 64 * MiB, 2)])
    await upstream.until('all bytes', ({ ended }) => ended, 60_000)
    await client.until('all bytes', ({ ended }) => ended, 60_000)
    assert.equal(upstream.hash.digest('hex'), up)
    assert.equal(client.hash.digest('hex'), down)
    const { reset, error } = await result()
    assert.deepEqual({ reset, error }, { reset: false, error: undefined })
    assert.deepEqual([relay.up, relay.down], [64 * MiB, 64 * MiB])
  })

  for (const slow of ['client', 'upstream'] as const) {
    it(`holds little for a slow ${slow}, and the sender waits`, async (t) => {
      const ends = await start(t)
      const reader = slow === 'client' ? ends.client : ends.upstream
      const sender = slow === 'client' ? ends.upstream : ends.client
      const towards = slow === 'client' ? ends.clientSide : ends.upstreamSide
      reader.socket.pause()
      const before = process.memoryUsage().rss
      let most = 0
      const sample = setInterval(() => {
        most = Math.max(most, towards.queued)
      }, 1)
      t.after(() => clearInterval(sample))
      const sent = send(sender, 64 * MiB, 3)
      await eventually('the sender to wait', () => sender.socket.writableNeedDrain && towards.queued > 0)
      reader.socket.resume()
      await reader.until('all bytes', ({ ended }) => ended, 60_000)
      assert.equal(reader.hash.digest('hex'), await sent)
      assert.ok(most > 0 && most <= MOST_QUEUED, `${most} bytes were queued`)
      const grown = process.memoryUsage().rss - before
      assert.ok(grown < 128 * MiB, `RSS grew by ${grown} bytes, test and both ends included`)
    })
  }

  it('reads no faster than it may, both ways together, and loses nothing by that', async (t) => {
    const rate = new TokenBucket(8 * MiB, MiB)
    let paused = 0
    const throttle = {
      inPieces: true,
      relayed(bytes: number) {
        const pause = rate.take(bytes)
        if (pause > 0) paused += 1
        return pause
      },
    }
    const started = performance.now()
    const { client, upstream } = await start(t, { throttle })
    const [up, down] = await Promise.all([send(client, 2 * MiB, 5), send(upstream, 2 * MiB, 6)])
    await upstream.until('all bytes', ({ ended }) => ended, 60_000)
    await client.until('all bytes', ({ ended }) => ended, 60_000)
    assert.deepEqual([upstream.hash.digest('hex'), client.hash.digest('hex')], [up, down])
    // The last chunks are read before their time is paid.
    const least = ((4 * MiB - MiB - 2 * 65_536) / (8 * MiB)) * 1000
    assert.ok(performance.now() - started >= least, `${performance.now() - started} ms`)
    assert.ok(paused > 0)
  })

  it('ends while it waits for its rate as it would have otherwise', async (t) => {
    const { client, upstream, result } = await start(t, { throttle: { inPieces: true, relayed: () => 3_600_000 } })
    client.socket.write('some')
    await upstream.until('some', ({ text }) => text === 'some')
    upstream.socket.resetAndDestroy()
    assert.equal((await result()).endedBy, 'upstream')
    await client.until('its end', ({ ended }) => ended)
  })

  it('passes on the end of the client, and then the answer of the upstream', async (t) => {
    const { client, upstream, result } = await start(t)
    client.socket.end('question')
    await upstream.until('the end', ({ ended }) => ended)
    assert.equal(upstream.text, 'question')
    assert.ok(!client.ended)
    upstream.socket.end('answer')
    await client.until('the end', ({ ended }) => ended)
    assert.equal(client.text, 'answer')
    assert.deepEqual(await result(), { endedBy: 'client', reset: false, error: undefined })
  })

  it('passes on the end of the upstream, and then what the client still says', async (t) => {
    const { client, upstream, result } = await start(t)
    upstream.socket.end('greeting')
    await client.until('the end', ({ ended }) => ended)
    assert.equal(client.text, 'greeting')
    client.socket.end('last words')
    await upstream.until('the end', ({ ended }) => ended)
    assert.equal(upstream.text, 'last words')
    assert.deepEqual(await result(), { endedBy: 'upstream', reset: false, error: undefined })
  })

  it('passes on an end that came before it began', async (t) => {
    const { client, upstream, result } = await start(t, { clientEnded: true }, async (ends) => {
      ends.client.socket.end()
      ends.clientSide.setEvents({ data() {}, ended: () => ends.early(), drained() {}, closed() {} })
      await ends.untilEarly
      ends.upstreamSide.write(Buffer.from('replayed'))
    })
    await upstream.until('the end', ({ ended }) => ended)
    assert.equal(upstream.text, 'replayed')
    upstream.socket.end('answer')
    await client.until('the end', ({ ended }) => ended)
    assert.equal(client.text, 'answer')
    assert.deepEqual(await result(), { endedBy: 'client', reset: false, error: undefined })
  })

  it('lets a side that stalls after both ends read what is queued', async (t) => {
    const { client, upstream, result } = await start(t)
    client.socket.pause()
    client.socket.end()
    await upstream.until('the end', ({ ended }) => ended)
    const sent = send(upstream, 8 * MiB, 4)
    await eventually('the upstream to wait', () => upstream.socket.writableNeedDrain)
    client.socket.resume()
    await client.until('the end', ({ ended }) => ended)
    assert.equal(client.hash.digest('hex'), await sent)
    assert.equal((await result()).reset, false)
  })

  it('gives the upstream what a client sent before its reset', async (t) => {
    const { client, upstream, result } = await start(t)
    client.socket.write('order')
    await upstream.until('order', ({ text }) => text === 'order')
    client.socket.resetAndDestroy()
    await upstream.until('the end', ({ ended }) => ended)
    upstream.socket.destroy()
    const { endedBy, reset, error } = await result()
    assert.deepEqual({ endedBy, reset }, { endedBy: 'client', reset: true })
    assert.match(error?.message ?? '', /ECONNRESET/)
  })

  it('gives the client what was queued when the upstream was reset', async (t) => {
    const { client, clientSide, upstream, relay, result } = await start(t)
    client.socket.pause()
    const bytes = pattern(32 * MiB)
    upstream.socket.write(bytes)
    await eventually('bytes to queue', () => clientSide.queued > 0)
    upstream.socket.resetAndDestroy()
    client.socket.resume()
    await client.until('the end', ({ ended }) => ended)
    assert.equal(client.bytes, relay.down)
    assert.equal(client.hash.digest('hex'), sha256(bytes.subarray(0, relay.down)))
    client.socket.end()
    const { endedBy, reset } = await result()
    assert.deepEqual({ endedBy, reset }, { endedBy: 'upstream', reset: true })
  })

  it('ends when nothing was said for the idle timeout, and not before', async (t) => {
    const { client, upstream, result } = await start(t, { idleTimeout: 200 })
    const stop = performance.now() + 500
    while (performance.now() < stop) {
      client.socket.write('.')
      await once(upstream.socket, 'data')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.ok(!client.ended && !upstream.ended)
    const quiet = performance.now()
    assert.deepEqual(await result(), { endedBy: 'idle', reset: false, error: undefined })
    const took = performance.now() - quiet
    assert.ok(took >= 150 && took < 1500, `${took} ms`)
    await client.until('the end', ({ ended }) => ended)
    await upstream.until('the end', ({ ended }) => ended)
  })

  it('ends when a side that does not read has queued bytes for the idle timeout', async (t) => {
    const { client, upstream, result } = await start(t, { idleTimeout: 100 })
    client.socket.pause()
    upstream.socket.write(pattern(16 * MiB))
    assert.equal((await result()).endedBy, 'idle')
    client.socket.resume()
    await client.until('a reset', ({ error }) => error === 'ECONNRESET')
  })

  it('stops by force, and resets both sides', async (t) => {
    const { client, upstream, relay, result } = await start(t)
    relay.stop('forced')
    relay.stop('forced')
    await client.until('a reset', ({ error }) => error === 'ECONNRESET')
    await upstream.until('a reset', ({ error }) => error === 'ECONNRESET')
    assert.deepEqual(await result(), { endedBy: 'forced', reset: false, error: undefined })
    relay.stop('forced')
  })

  it('stops with last words for the client', async (t) => {
    const { client, upstream, relay, result } = await start(t)
    relay.stop('inactivity', Buffer.from('too slow'))
    await client.until('the end', ({ ended }) => ended)
    assert.equal(client.text, 'too slow')
    assert.equal(client.error, undefined)
    client.socket.end()
    await upstream.until('a reset', ({ error }) => error === 'ECONNRESET')
    assert.equal((await result()).endedBy, 'inactivity')
  })

  it('tells of the first byte of the upstream, once, and of none of the client', async (t) => {
    let told = 0
    const { client, upstream } = await start(t, { firstByte: () => told++ })
    client.socket.write('hello')
    await upstream.until('hello', ({ text }) => text === 'hello')
    assert.equal(told, 0)
    upstream.socket.write('one')
    await client.until('one', ({ text }) => text === 'one')
    upstream.socket.write('two')
    await client.until('two', ({ text }) => text === 'onetwo')
    assert.equal(told, 1)
  })

  it('resumes connections that were paused', async (t) => {
    const { client, upstream } = await start(t, {}, async ({ clientSide, upstreamSide }) => {
      clientSide.pause()
      upstreamSide.pause()
    })
    client.socket.write('up')
    upstream.socket.write('down')
    await upstream.until('up', ({ text }) => text === 'up')
    await client.until('down', ({ text }) => text === 'down')
  })
}

type Ends = Awaited<ReturnType<typeof bothEnds>>

type Started = [t: TestContext, options?: Partial<RelayOptions>, before?: (ends: Ends) => Promise<void>]

async function bothEnds(t: TestContext, transport: Transport) {
  const { connection: clientSide, peer: client } = await acceptedEnds(t, transport)
  const { connection: upstreamSide, peer: upstream } = await connectedEnds(t, transport)
  const { promise: untilEarly, resolve: early } = Promise.withResolvers<void>()
  return { clientSide, client, upstreamSide, upstream, untilEarly, early }
}

/** A client, an upstream and a relay between them, after `before`. */
async function begin(transport: Transport, ...[t, options = {}, before]: Started) {
  const ends = await bothEnds(t, transport)
  await before?.(ends)
  const results: RelayResult[] = []
  const { clientSide, upstreamSide } = ends
  const relay: Relay = startRelay(clientSide, upstreamSide, { idleTimeout: 0, ...options }, (one) => results.push(one))
  const seen = () => ({ client: ends.client.seen(), upstream: ends.upstream.seen(), up: relay.up, down: relay.down })
  t.after(() => assert.ok(results.length <= 1, 'the relay ended more than once'))
  const result = async (): Promise<RelayResult> => {
    await eventually('the relay to end', () => results.length > 0, seen)
    const [first] = results
    assert.ok(first !== undefined)
    return first
  }
  return { ...ends, relay, result }
}

/** Sends `length` bytes in chunks of 1 to 200,000 bytes, then FIN; the answer is their hash. */
async function send(from: Peer, length: number, seed: number): Promise<string> {
  const hash = createHash('sha256')
  const source = pattern(2 * MiB, seed)
  let state = seed
  for (let left = length; left > 0; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const size = Math.min(left, 1 + (state % 200_000))
    const offset = state % (source.length - size)
    const chunk = source.subarray(offset, offset + size)
    hash.update(chunk)
    left -= size
    if (!from.socket.write(chunk)) await once(from.socket, 'drain')
  }
  from.socket.end()
  return hash.digest('hex')
}
