import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ConnectOptions, Transport } from '../../src/transport/transport.ts'
import { closingContract } from './closing.contract.ts'
import { acceptedEnds, connect, connectedEnds, pattern, Recorder, serve, sha256 } from './ends.ts'
import { eventually } from './eventually.ts'
import { listenerContract } from './listener.contract.ts'

/** What every `Transport` holds to; `create` makes a fresh one. */
export function transportContract(create: () => Transport): void {
  describe('bytes', () => bytesContract(create()))
  describe('connecting', () => connectingContract(create(), {}))
  describe('connecting to write at once', () => connectingContract(create(), { writesAtOnce: true }))
  describe('closing', () => closingContract(create()))
  describe('listener', () => listenerContract(create()))
}

function bytesContract(transport: Transport): void {
  it('carries bytes both ways on an accepted connection', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    events.onData = (bytes) => connection.write(bytes)
    connection.setEvents(events)
    peer.socket.write('hello')
    await peer.until('the echo', ({ text }) => text === 'hello')
  })

  it('loses and reorders nothing in 32 MB each way', async (t) => {
    const { connection, events, peer } = await connectedEnds(t, transport)
    const sent = pattern(1_048_576)
    events.onData = (bytes) => {
      if (!connection.write(bytes)) connection.pause()
    }
    events.onDrained = () => connection.resume()
    events.onEnded = () => connection.end()
    for (let turn = 0; turn < 32; turn++) peer.socket.write(sent)
    peer.socket.end()
    await peer.until('the end', ({ ended }) => ended, 30_000)
    assert.equal(peer.bytes, 32 * sent.length)
    assert.equal(peer.hash.digest('hex'), sha256(Buffer.concat(Array(32).fill(sent))))
    await events.until('closed')
    assert.equal(events.error, undefined)
  })

  it('delivers nothing before events are set, and loses nothing that came before', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    await new Promise<void>((resolve) => peer.socket.end('early', () => resolve()))
    connection.setEvents(events)
    assert.deepEqual(events.log, [])
    await events.until('ended')
    assert.equal(events.text, 'early')
    assert.deepEqual(events.log, ['data', 'ended'])
  })

  it('loses nothing of who is to come last, and tells nothing of one that was destroyed before it was heard', async (t) => {
    const last = await acceptedEnds(t, transport)
    const dropped = await acceptedEnds(t, transport)
    for (const { connection, events, peer } of [last, dropped]) {
      await new Promise<void>((resolve) => peer.socket.end('early', () => resolve()))
      connection.comeLast?.()
      connection.setEvents(events)
    }
    dropped.connection.destroy()
    await last.events.until('ended')
    await dropped.events.until('closed')
    assert.equal(last.events.text, 'early')
    assert.deepEqual(dropped.events.log, ['closed'])
  })

  it('sends every event to the events that were set last', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    const heir = new Recorder()
    events.onData = () => connection.setEvents(heir)
    connection.setEvents(events)
    peer.socket.write('first')
    await events.untilText('first')
    peer.socket.end('second')
    await heir.until('ended')
    assert.equal(heir.text, 'second')
    assert.deepEqual(events.log, ['data'])
  })

  it('reads nothing while paused, whoever owns it, and everything after resume', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.write('one')
    await events.untilText('one')
    connection.pause()
    const heir = new Recorder()
    connection.setEvents(heir)
    const much = pattern(16_777_216)
    peer.socket.write(much)
    await eventually(
      'the peer to stop',
      stands(() => peer.socket.bytesWritten - peer.socket.writableLength),
    )
    assert.equal(heir.bytes, 0)
    assert.ok(peer.socket.writableLength > 0, 'the kernel and the transport took 16 MB for a connection that is paused')
    connection.resume()
    await heir.untilBytes(much.length)
    assert.equal(heir.hash.digest('hex'), sha256(much))
  })

  it('answers false when the peer does not read, and calls drained once when all has left', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.pause()
    const chunk = pattern(65_536)
    let written = 0
    do written += chunk.length
    while (connection.write(chunk))
    assert.ok(connection.queued > 0 && connection.queued <= 2 * 65_536, `${connection.queued} bytes are queued`)
    assert.ok(!events.has('drained'))
    peer.socket.resume()
    await events.until('drained')
    assert.equal(connection.queued, 0)
    await peer.until('all bytes', ({ bytes }) => bytes === written)
    assert.deepEqual(events.log, ['drained'])
  })

  it('keeps its own copy of what it queues', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.pause()
    const bytes = pattern(8_388_608)
    const hash = sha256(bytes)
    const mine = Buffer.from(bytes)
    connection.write(mine)
    mine.fill(0)
    peer.socket.resume()
    await peer.until('all bytes', (one) => one.bytes === bytes.length)
    assert.equal(peer.hash.digest('hex'), hash)
  })

  it('writes an empty chunk as nothing', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    assert.equal(connection.write(new Uint8Array(0)), true)
    connection.write(Buffer.from('x'))
    await peer.until('x', ({ text }) => text === 'x')
  })

  it('ignores what is written after end', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    connection.write(Buffer.from('before'))
    connection.end()
    assert.equal(connection.write(Buffer.from('after')), true)
    connection.end()
    await peer.until('the end', ({ ended }) => ended)
    assert.equal(peer.text, 'before')
  })
}

/** `how`: for whoever waits until it is connected, and for whoever has something to say at once. */
function connectingContract(transport: Transport, how: ConnectOptions): void {
  it('tells nothing before connect has returned', async (t) => {
    const { port } = await serve(t)
    const events = new Recorder()
    connect(t, transport, { kind: 'tcp', address: '127.0.0.1', port }, events, how)
    assert.deepEqual(events.log, [])
    await events.until('connected')
    assert.deepEqual(events.log, ['connected'])
  })

  it('tells a refused connection by closed alone, with the code of the system', async (t) => {
    const { port, server } = await serve(t)
    await new Promise((resolve) => server.close(resolve))
    const events = new Recorder()
    connect(t, transport, { kind: 'tcp', address: '127.0.0.1', port }, events, how)
    assert.deepEqual(events.log, [])
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
    assert.equal(events.error?.code, 'ECONNREFUSED')
  })

  it('sends what was written while it was connecting', async (t) => {
    const { port, peers } = await serve(t)
    const events = new Recorder()
    const connection = connect(t, transport, { kind: 'tcp', address: '127.0.0.1', port }, events, how)
    connection.write(Buffer.from('early'))
    connection.end()
    await eventually(
      'early',
      () => peers[0]?.text === 'early' && peers[0].ended,
      () => peers.map((peer) => peer.seen()),
    )
  })

  it('ends without a word when it was ended while it was connecting', async (t) => {
    const { port, peers } = await serve(t)
    const events = new Recorder()
    connect(t, transport, { kind: 'tcp', address: '127.0.0.1', port }, events, how).end()
    await eventually(
      'the end',
      () => peers[0]?.ended === true,
      () => [events.seen(), ...peers.map((peer) => peer.seen())],
    )
    assert.equal(peers[0]?.text, '')
  })

  it('is never connected once it was destroyed', async (t) => {
    const { port } = await serve(t)
    const events = new Recorder()
    connect(t, transport, { kind: 'tcp', address: '127.0.0.1', port }, events, how).destroy(true)
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
    assert.equal(events.error, undefined)
  })

  it('connects to an IPv6 address', async (t) => {
    const { port, peers } = await serve(t, { host: '::1' })
    const events = new Recorder()
    const connection = connect(t, transport, { kind: 'tcp', address: '::1', port }, events, how)
    connection.write(Buffer.from('six'))
    await eventually(
      'six',
      () => peers[0]?.text === 'six',
      () => events.seen(),
    )
    assert.deepEqual(connection.remote, { address: '::1', port })
    assert.equal(connection.local.address, '::1')
  })

  it('connects to a unix socket', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'transport-'))
    t.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'socket')
    const { peers } = await serve(t, { path })
    const events = new Recorder()
    const connection = connect(t, transport, { kind: 'unix', path }, events, how)
    connection.write(Buffer.from('unix'))
    await eventually(
      'unix',
      () => peers[0]?.text === 'unix',
      () => events.seen(),
    )
    assert.deepEqual(connection.remote, { address: path, port: 0 })
    peers[0]?.socket.end('back')
    await events.until('ended')
    assert.equal(events.text, 'back')
    connection.destroy(true)
    await events.until('closed')
    assert.deepEqual(events.log, ['connected', 'data', 'ended', 'closed'])
  })

  it('tells a unix path where nobody listens by closed with a code', async (t) => {
    const events = new Recorder()
    connect(t, transport, { kind: 'unix', path: join(tmpdir(), 'nobody-listens-here') }, events, how)
    await events.until('closed')
    assert.equal(events.error?.code, 'ENOENT')
  })
}

/** Holds once `value` was the same at fifty polls in a row. */
function stands(value: () => number): () => boolean {
  let last = Number.NaN
  let times = 0
  return () => {
    times = value() === last ? times + 1 : 0
    last = value()
    return times > 50
  }
}
