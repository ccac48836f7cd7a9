import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import type { Connection, Transport } from '../../src/transport/transport.ts'
import { acceptedEnds, dial, listen, type Peer, Recorder } from './ends.ts'
import { eventually } from './eventually.ts'

/** What a listener does with connections that come, wait, and stay. */
export function listenerContract(transport: Transport): void {
  it('says where both ends are', async (t) => {
    const { connection, listener, peer } = await acceptedEnds(t, transport)
    assert.deepEqual(connection.local, { address: '127.0.0.1', port: listener.port })
    assert.deepEqual(connection.remote, { address: '127.0.0.1', port: peer.socket.localPort })
  })

  it('accepts over IPv6, and reports a mapped IPv4 address as IPv4', async (t) => {
    const six = await acceptedEnds(t, transport, '::1')
    assert.equal(six.connection.remote.address, '::1')
    const accepted: Connection[] = []
    const listener = await listen(t, transport, (connection) => accepted.push(connection), '::')
    dial(t, listener.port, '127.0.0.1')
    await eventually('a connection', () => accepted.length === 1)
    assert.equal(accepted[0]?.remote.address, '127.0.0.1')
    assert.equal(accepted[0]?.local.address, '127.0.0.1')
    accepted[0]?.destroy()
  })

  it('refuses a port in use with EADDRINUSE', async (t) => {
    const { port } = await listen(t, transport, () => {})
    await assert.rejects(
      transport.listen({ host: '127.0.0.1', port, reusePort: false }, () => {}),
      {
        code: 'EADDRINUSE',
      },
    )
  })

  it('shares a port with those that ask to share it', async (t) => {
    const first = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: true }, () => {})
    t.after(() => first.close())
    const { port } = first
    const second = await transport.listen({ host: '127.0.0.1', port, reusePort: true }, () => {})
    t.after(() => second.close())
    await assert.rejects(
      transport.listen({ host: '127.0.0.1', port, reusePort: false }, () => {}),
      {
        code: 'EADDRINUSE',
      },
    )
  })

  it('serves 300 connections at once', async (t) => {
    const listener = await listen(t, transport, echo(t))
    const peers = Array.from({ length: 300 }, () => dial(t, listener.port))
    for (const [index, peer] of peers.entries()) peer.socket.end(`hello ${index}`)
    await eventually('all echoes', () => peers.every((peer, index) => peer.ended && peer.text === `hello ${index}`))
  })

  it('keeps connections waiting while paused, and answers every one after resume', async (t) => {
    let count = 0
    const answer = echo(t)
    const listener = await listen(t, transport, (connection) => {
      count += 1
      answer(connection)
    })
    for (let round = 1; round <= 3; round++) {
      listener.pause()
      const peers = Array.from({ length: 20 }, () => dial(t, listener.port))
      for (const peer of peers) peer.socket.write('waiting')
      await eventually(
        'the kernel to connect',
        () => peers.every(established),
        () => peers.map((peer) => peer.seen()),
      )
      assert.equal(count, (round - 1) * 20)
      listener.resume()
      await eventually(
        'answers',
        () => peers.every(({ text }) => text === 'waiting'),
        () => peers.map((p) => p.seen()),
      )
      assert.ok(peers.every(({ error }) => error === undefined))
      assert.equal(count, round * 20)
    }
  })

  it('stays paused and resumed however often it is told', async (t) => {
    const listener = await listen(t, transport, echo(t))
    listener.resume()
    listener.pause()
    listener.pause()
    listener.resume()
    listener.resume()
    const peer = dial(t, listener.port)
    peer.socket.write('here')
    await peer.until('the echo', ({ text }) => text === 'here')
  })

  it('keeps accepted connections through a pause', async (t) => {
    const { connection, events, listener, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    listener.pause()
    peer.socket.write('still here')
    await events.untilText('still here')
  })

  for (const state of ['accepting', 'paused'] as const) {
    it(`gives its port back when it closes while ${state}, and leaves accepted connections`, async (t) => {
      const { connection, events, listener, peer } = await acceptedEnds(t, transport)
      events.onData = (bytes) => connection.write(bytes)
      connection.setEvents(events)
      if (state === 'paused') listener.pause()
      listener.close()
      listener.close()
      listener.resume()
      const again = await transport.listen({ host: '127.0.0.1', port: listener.port, reusePort: false }, () => {})
      again.close()
      const late = dial(t, listener.port)
      await late.until('a refusal', ({ error }) => error === 'ECONNREFUSED')
      peer.socket.end('alive')
      await peer.until('the echo', ({ text }) => text === 'alive')
    })
  }
}

function echo(t: TestContext): (connection: Connection) => void {
  return (connection) => {
    const events = new Recorder()
    events.onData = (bytes) => connection.write(bytes)
    events.onEnded = () => connection.end()
    connection.setEvents(events)
    t.after(() => connection.destroy())
  }
}

function established({ socket }: Peer): boolean {
  return !socket.connecting && socket.remoteAddress !== undefined
}
