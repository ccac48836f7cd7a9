import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, type TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { dictate, puppet } from './puppet.ts'
import { BlackHole, Recorder, refusedRemote, UnixEcho } from './upstreams.ts'

let a: TestServer
let p: Pointsman
let port: number

const TELLING = `onConnectError: (conn, error) => { conn.log('asked'); return { close: JSON.stringify(error) } },`

before(async () => {
  a = await echoServer('a')
  p = await Pointsman.start({ routers: { puppet: puppet(TELLING), silent: puppet() } })
  port = await p.served('puppet')
})

after(async () => {
  await p?.stop()
  await a?.[Symbol.asyncDispose]()
})

async function timed<T>(act: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now()
  const value = await act()
  return { value, ms: performance.now() - started }
}

describe('an upstream that cannot be reached', { concurrency: true }, () => {
  it('is tried eleven times within at least a second, and then the client sees the end', async () => {
    const remote = await refusedRemote()
    const client = await dictate(await p.served('silent'), { remote })
    const { value, ms } = await timed(() => client.rest())
    client.destroy()
    assert.equal(value, '')
    assert.ok(ms >= 990 && ms < 5000, `${ms} ms`)
    const { attempts, address, upstream, reason, decision, connectMs, bytesUp } = await p.record(client)
    assert.deepEqual(
      { attempts, address, upstream, reason, decision, bytesUp },
      { attempts: 11, address: remote, upstream: remote, reason: 'connect-failed', decision: 'forward', bytesUp: 0 },
    )
    assert.ok(Number(connectMs) >= 990, `${connectMs} ms to connect`)
  })

  it('is told of to the router before the client sees the end', async () => {
    const remote = await refusedRemote()
    const client = await dictate(port, { remote })
    const { message, ...error } = JSON.parse(await client.rest())
    client.destroy()
    assert.deepEqual(error, { code: 'refused', remote, attempts: 11, tried: [remote] })
    assert.match(message, /connect to 127\.0\.0\.1:[0-9]+: ECONNREFUSED/)
  })

  it('has the connect timeout for each attempt, not for all of them', async () => {
    await using hole = await BlackHole.start()
    const client = await dictate(port, { remote: hole.remote, connectTimeout: 60 })
    const { value, ms } = await timed(() => client.rest())
    client.destroy()
    const { code, attempts } = JSON.parse(value)
    assert.deepEqual({ code, attempts }, { code: 'timeout', attempts: 11 })
    assert.ok(ms >= 11 * 60 + 10 * 100 - 20 && ms < 6000, `${ms} ms`)
  })

  it('is connected to when it comes up between two attempts, and gets everything once', async () => {
    await using late = new UnixEcho('late')
    const client = await dictate(port, { remote: `unix:${late.path}`, data: 'once' })
    await new Promise((resolve) => setTimeout(resolve, 250))
    await late.listen()
    assert.equal(await client.end().rest(), 'late:once')
    const { attempts } = await p.record(client)
    assert.ok(Number(attempts) >= 2, `${attempts} attempts`)
  })

  it('is a unix socket that does not exist', async () => {
    const client = await dictate(port, { remote: 'unix:/nowhere/at/all' })
    const { code, attempts } = JSON.parse(await client.rest())
    client.destroy()
    assert.deepEqual({ code, attempts }, { code: 'unreachable', attempts: 11 })
  })

  it('is tried no more when the client has left, and that is no error of the upstream', async () => {
    const remote = await refusedRemote()
    const client = await dictate(port, { remote, reply: 'r' })
    await client.receives(/r/)
    client.reset()
    const { reason, attempts } = await p.record(client)
    assert.equal(reason, 'client-reset')
    assert.ok(Number(attempts) <= 11)
  })
})

describe('an upstream that accepts', () => {
  for (const how of ['closes', 'resets'] as const) {
    it(`and ${how} at once is connected to once and not tried again`, async () => {
      // whether we see a reset while connecting or afterwards is up to the scheduler: then the router is asked
      await using upstream = await Recorder.start(({ socket }) => {
        if (how === 'closes') socket.end()
        else socket.resetAndDestroy()
      })
      const client = await dictate(port, { remote: upstream.remote })
      const told = await client.rest()
      client.end()
      const { attempts, reason } = await p.record(client)
      assert.equal(attempts, 1)
      if (how === 'closes') assert.deepEqual([told, reason], ['', 'upstream-end'])
      else assert.match(`${told} ${reason}`, /^ upstream-reset$|"attempts":1.* connect-failed$/)
      assert.equal(upstream.heard.length, 1)
    })
  }

  it('and closes after it was sent something is not sent it again', async () => {
    await using upstream = await Recorder.start(({ socket }) => {
      socket.once('data', () => socket.end())
    })
    const client = await dictate(port, { remote: upstream.remote, data: 'payload' })
    assert.equal(await client.end().rest(), '')
    await p.record(client)
    assert.deepEqual(
      upstream.heard.map(({ text }) => text),
      ['payload'],
    )
  })

  it('and has nothing to say is no error: a sink', async () => {
    await using upstream = await Recorder.start((heard) => {
      heard.socket.on('end', () => heard.socket.end())
    })
    const client = await dictate(port, { remote: upstream.remote, data: 'logged' })
    assert.equal(await client.end().rest(), '')
    const { reason, questions, bytesUp } = await p.record(client)
    assert.deepEqual({ reason, questions, bytesUp }, { reason: 'client-end', questions: 1, bytesUp: 6 })
  })

  it('is not connected to twice for a client that sends on while it is connected', async () => {
    await using upstream = await Recorder.start((heard) => {
      heard.socket.on('end', () => heard.socket.end())
    })
    const clients = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const client = await Client.connect(port)
        await client.dribble(`${JSON.stringify({ remote: upstream.remote, data: '' })}\nmore`)
        await client.end().rest()
        return client
      }),
    )
    await until('fifty connections', () =>
      upstream.heard.filter(({ ended }) => ended).length === 50 ? true : undefined,
    )
    assert.deepEqual(new Set(upstream.heard.map(({ text }) => 'more'.endsWith(text))), new Set([true]))
    for (const client of clients) assert.equal((await p.record(client)).attempts, 1)
  })
})
