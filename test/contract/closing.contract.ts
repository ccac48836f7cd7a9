import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Transport } from '../../src/transport/transport.ts'
import { acceptedEnds, connectedEnds, pattern, Recorder, sha256 } from './ends.ts'

const FEW = 500 // milliseconds: a deadline short enough to wait for

/** How a connection ends, from either side. */
export function closingContract(transport: Transport): void {
  it('goes on writing after the peer ended', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.end('question')
    await events.until('ended')
    connection.write(Buffer.from('answer'))
    connection.end()
    await peer.until('the end', ({ ended }) => ended)
    assert.equal(peer.text, 'answer')
    await events.until('closed')
    assert.deepEqual(events.log, ['data', 'ended', 'closed'])
    assert.equal(events.error, undefined)
  })

  it('goes on reading after its own end', async (t) => {
    const { connection, events, peer } = await connectedEnds(t, transport)
    connection.end()
    await peer.until('the end', ({ ended }) => ended)
    peer.socket.end('late')
    await events.until('closed')
    assert.equal(events.text, 'late')
    assert.deepEqual(events.log, ['connected', 'data', 'ended', 'closed'])
  })

  it('sends FIN after everything that was written, however slowly it leaves', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.pause()
    const bytes = pattern(10_000_000)
    connection.write(bytes)
    connection.end()
    peer.socket.resume()
    await peer.until('the end', ({ ended }) => ended)
    assert.equal(peer.hash.digest('hex'), sha256(bytes))
  })

  it('tells a reset by closed with ECONNRESET, once and last', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.resetAndDestroy()
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
    assert.equal(events.error?.code, 'ECONNRESET')
    connection.write(Buffer.from('ignored'))
    connection.end()
    connection.finish(FEW)
    connection.destroy(true)
    connection.pause()
    connection.resume()
    assert.equal(connection.queued, 0)
    assert.deepEqual(events.log, ['closed'])
  })

  it('tells a connection that was reset before events were set', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    peer.socket.resetAndDestroy()
    await peer.until('its close', ({ closed }) => closed)
    connection.setEvents(events)
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
  })

  it('tells a connection that its owner destroyed before events were set', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.destroy()
    await peer.until('the end', ({ ended }) => ended)
    connection.setEvents(events)
    await events.until('closed')
    assert.equal(events.error, undefined)
  })

  it('destroys with FIN, and with RST when asked', async (t) => {
    const calm = await acceptedEnds(t, transport)
    calm.connection.setEvents(calm.events)
    calm.connection.destroy()
    await calm.peer.until('the end', ({ ended }) => ended)
    assert.equal(calm.peer.error, undefined)
    await calm.events.until('closed')
    assert.equal(calm.events.error, undefined)

    const harsh = await acceptedEnds(t, transport)
    harsh.connection.setEvents(harsh.events)
    harsh.connection.destroy(true)
    await harsh.peer.until('a reset', ({ error }) => error === 'ECONNRESET')
    await harsh.events.until('closed')
    assert.deepEqual(harsh.events.log, ['closed'])
    assert.equal(harsh.events.error, undefined)
  })

  it('resets a connection whose end waits behind queued bytes', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.pause()
    connection.write(pattern(8_388_608))
    connection.end()
    connection.destroy(true)
    await events.until('closed')
    peer.socket.resume()
    await peer.until('a reset', ({ error }) => error === 'ECONNRESET')
    assert.deepEqual(events.log, ['closed'])
  })

  it('closes a connection that is destroyed right after its end', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    connection.end()
    connection.destroy(true)
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
    await peer.until('the end or a reset', ({ ended, closed }) => ended || closed)
  })

  it('delivers nothing after destroy', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    events.onData = () => connection.destroy()
    connection.setEvents(events)
    peer.socket.write(pattern(4_000_000))
    await events.until('closed')
    assert.deepEqual(events.log, ['data', 'closed'])
  })

  it('finishes: 10 MB reach a slow reader, then FIN, then it closes', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.on('data', () => {
      peer.socket.pause()
      setImmediate(() => peer.socket.resume())
    })
    const bytes = pattern(10_000_000)
    connection.write(bytes)
    connection.finish(20_000)
    await peer.until('the end', ({ ended }) => ended, 20_000)
    assert.equal(peer.hash.digest('hex'), sha256(bytes))
    peer.socket.end()
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
    assert.equal(events.error, undefined)
  })

  it('gives up finishing at the deadline, and resets a peer that does not have everything', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    peer.socket.pause()
    connection.write(pattern(10_000_000))
    const started = performance.now()
    connection.finish(FEW)
    await events.until('closed')
    assert.ok(performance.now() - started >= FEW - 5)
    peer.socket.resume()
    await peer.until('a reset', ({ error }) => error === 'ECONNRESET')
    assert.ok(!peer.ended)
  })

  it('finishes although the peer never ends', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    connection.write(Buffer.from('bye'))
    connection.finish(20_000)
    await peer.until('the end', ({ ended }) => ended)
    assert.equal(peer.text, 'bye')
    await events.until('closed', 3000)
  })

  it('finishes without losing its last words although the peer goes on sending', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    const first = new Recorder()
    first.onData = () => {
      connection.setEvents(events)
      connection.write(Buffer.from('enough'))
      connection.finish(5000)
    }
    connection.setEvents(first)
    peer.socket.write(pattern(300_000))
    await peer.until('the end', ({ ended }) => ended)
    assert.equal(peer.text, 'enough')
    assert.equal(peer.error, undefined)
    peer.socket.end()
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
  })

  it('finishes a connection that was paused, and one that already ended', async (t) => {
    const { connection, events, peer } = await acceptedEnds(t, transport)
    connection.setEvents(events)
    connection.pause()
    connection.end()
    await peer.until('the end', ({ ended }) => ended)
    connection.finish(5000)
    peer.socket.end()
    await events.until('closed')
    assert.deepEqual(events.log, ['closed'])
  })
}
