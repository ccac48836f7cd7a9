import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { type Client, TestServer } from '../kit/sockets.ts'
import { until, within } from '../kit/wait.ts'
import { dictate, puppet } from './puppet.ts'
import { Recorder } from './upstreams.ts'

let p: Pointsman
let idle: Pointsman
let port: number

before(async () => {
  p = await Pointsman.start({ routers: { puppet: puppet() } })
  idle = await Pointsman.start({ routers: { puppet: puppet() }, config: { relay: { idleTimeout: 400 } } })
  port = await p.served('puppet')
})

after(async () => {
  await p?.stop()
  await idle?.stop()
})

/** A client that is relayed to the next connection of `upstream`. */
async function relayed(upstream: Recorder, at = port): Promise<{ client: Client; heard: Recorder['heard'][number] }> {
  const before = upstream.heard.length
  const client = await dictate(at, { remote: upstream.remote, data: 'open' })
  const heard = await until('the upstream to hear', () => {
    const one = upstream.heard[before]
    return one?.text === 'open' ? one : undefined
  })
  return { client, heard }
}

describe('half-close', () => {
  it('of the client reaches the upstream, whose answer still reaches the client', async () => {
    await using upstream = await Recorder.start()
    const { client, heard } = await relayed(upstream)
    client.write('question').end()
    await until('the end to reach the upstream', () => heard.ended || undefined)
    assert.equal(heard.text, 'openquestion')
    assert.equal(client.ended, false)
    heard.socket.write('late ')
    heard.socket.end('answer')
    assert.equal(await client.rest(), 'late answer')
    const { reason, bytesUp, bytesDown } = await p.record(client)
    assert.deepEqual({ reason, bytesUp, bytesDown }, { reason: 'client-end', bytesUp: 12, bytesDown: 11 })
  })

  it('of the upstream reaches the client, which may go on sending', async () => {
    await using upstream = await Recorder.start()
    const { client, heard } = await relayed(upstream)
    heard.socket.end('that is all')
    assert.equal(await client.rest(), 'that is all')
    client.write('but I')
    await until('what the client still sends', () => heard.text === 'openbut I' || undefined)
    client.write(' go on').end()
    await until('the end of the client', () => heard.ended || undefined)
    assert.equal(heard.text, 'openbut I go on')
    assert.equal((await p.record(client)).reason, 'upstream-end')
  })
})

describe('a reset', () => {
  it('of the client ends the upstream', async () => {
    await using upstream = await Recorder.start()
    const { client, heard } = await relayed(upstream)
    client.reset()
    await until('the upstream to be told', () => heard.ended || heard.closed || undefined)
    assert.equal((await p.record(client)).reason, 'client-reset')
  })

  it('of the upstream ends the client, after what it had sent', async () => {
    await using upstream = await Recorder.start()
    const { client, heard } = await relayed(upstream)
    heard.socket.write('last words')
    await client.receives(/last words/)
    heard.socket.resetAndDestroy()
    await client.rest()
    client.end()
    assert.equal((await p.record(client)).reason, 'upstream-reset')
  })
})

describe('the idle timeout', { concurrency: true }, () => {
  it('ends a connection on which nothing moves', async () => {
    await using upstream = await Recorder.start()
    const started = performance.now()
    const { client, heard } = await relayed(upstream, await idle.served('puppet'))
    await client.rest()
    client.destroy()
    const elapsed = performance.now() - started
    assert.ok(elapsed >= 380 && elapsed < 2500, `after ${elapsed} ms`)
    await until('the upstream to be told', () => heard.ended || heard.closed || undefined)
    assert.equal((await idle.record(client)).reason, 'idle-timeout')
  })

  for (const who of ['client', 'upstream'] as const) {
    it(`is put off by each byte of the ${who}`, async () => {
      await using upstream = await Recorder.start()
      const { client, heard } = await relayed(upstream, await idle.served('puppet'))
      const beat = setInterval(() => (who === 'client' ? client.write('x') : heard.socket.write('x')), 60)
      const early = await Promise.race([
        client.rest().then(() => 'ended'),
        new Promise((resolve) => setTimeout(resolve, 1000, 'still there')),
      ])
      clearInterval(beat)
      assert.equal(early, 'still there')
      client.destroy()
    })
  }
})

describe('back-pressure', { concurrency: true }, () => {
  const SIZE = 24 * 1024 * 1024
  const PIECE = randomBytes(1024 * 1024)
  const expected = createHash('sha256')
  for (let at = 0; at < SIZE; at += PIECE.length) expected.update(PIECE)
  const hash = expected.digest('hex')

  async function pour(socket: { write(bytes: Uint8Array): boolean; end(): void } & Client['socket']): Promise<void> {
    for (let at = 0; at < SIZE; at += PIECE.length)
      if (!socket.write(PIECE)) await within('a slow reader to read', once(socket, 'drain'), 30_000)
    socket.end()
  }

  it('keeps bytes in order from an upstream to a client that stops reading again and again', async () => {
    await using upstream = await TestServer.start((socket) => {
      socket.once('data', () => void pour(socket))
    })
    const client = await dictate(port, { remote: upstream.remote, data: 'go' })
    const seen = createHash('sha256')
    let next = 0
    let length = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', (chunk: Buffer) => {
      seen.update(chunk)
      length += chunk.length
      if (length < next) return
      next += 2 * 1024 * 1024
      client.socket.pause()
      setTimeout(() => client.socket.resume(), 10)
    })
    client.socket.resume()
    await within('everything to arrive', once(client.socket, 'end'), 30_000)
    client.end()
    assert.deepEqual([length, seen.digest('hex')], [SIZE, hash])
    assert.equal((await p.record(client)).bytesDown, SIZE)
  })

  it('keeps bytes in order from a client to an upstream that stops reading again and again', async () => {
    const seen = createHash('sha256')
    let length = 0
    let next = 0
    await using upstream = await TestServer.start((socket) => {
      socket.on('data', (chunk) => {
        seen.update(chunk)
        length += chunk.length
        if (length < next) return
        next += 2 * 1024 * 1024
        socket.pause()
        setTimeout(() => socket.resume(), 10)
      })
      socket.on('end', () => socket.end('thanks'))
    })
    const client = await dictate(port, { remote: upstream.remote, data: '', reply: 'go ' })
    await client.receives(/go /)
    await Promise.all([pour(client.socket), client.receives(/thanks/, 30_000)])
    assert.deepEqual([length, seen.digest('hex')], [SIZE, hash])
    const { bytesUp, reason } = await p.record(client)
    assert.deepEqual({ bytesUp, reason }, { bytesUp: SIZE, reason: 'client-end' })
  })

  it('of one connection is nothing that another notices', async () => {
    await using flood = await TestServer.start((socket) => void pour(socket).catch(() => {}))
    await using echo = await Recorder.start(({ socket }) => socket.pipe(socket))
    const stuck = await dictate(port, { remote: flood.remote })
    stuck.socket.pause()
    const { client } = await relayed(echo)
    for (let round = 1; round <= 20; round++) {
      client.write('ping')
      await client.receives((text) => text.length === 4 + 4 * round, 2000)
    }
    client.destroy()
    stuck.reset()
    assert.equal((await p.record(stuck)).reason, 'client-reset')
  })
})
