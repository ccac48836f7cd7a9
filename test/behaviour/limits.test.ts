import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, TestServer } from '../kit/sockets.ts'
import { until, within } from '../kit/wait.ts'

const MIB = 1024 * 1024
const HEAD = "import { defineRouter } from 'router-sdk'\nexport default defineRouter({ "
const waits = `${HEAD} route: (conn) => (conn.final ? { close: 'final ' + conn.bytes.length } : { noop: true }) })\n`
const says = (word: string) =>
  `${HEAD} route: (conn) => (conn.bytes.length === 0 && !conn.final ? { noop: true } : { close: '${word}' }) })\n`
const logs = `${HEAD} route: (conn) => { for (let at = 0; at < 5; at++) conn.log('line', at); return { close: 'logged' } } })\n`
const relays = (remote: string) => `${HEAD} route: () => ({ remote: '${remote}' }) })\n`

const limits = (values: object) => ({ limits: values })

let p: Pointsman
let echo: TestServer
let pours: TestServer
before(async () => {
  echo = await echoServer('e')
  pours = await TestServer.start((socket) => {
    socket.write(Buffer.alloc(2 * MIB, 'x'))
    socket.end()
  })
  p = await Pointsman.start({
    routers: {
      'few/r': waits,
      'client/r': waits,
      'brisk/r': says('brisk'),
      'small/r': waits,
      'hasty/r': waits,
      'slow/r': relays(pours.remote),
      'chatty/r': logs,
      'loop/r': `${HEAD} route: (conn) => { for (let n = 0; conn.bytes.length > 0; ) if (n < 0) break; return { noop: true } } })\n`,
      'stuck/r': `${HEAD} route: (conn) => { if (conn.bytes.length > 0) [].indexOf.call({ length: 2 ** 53 - 1 } as never, 1 as never); return { noop: true } } })\n`,
      'eat/r': `${HEAD} route: (conn) => { const all: unknown[] = []; while (conn.bytes.length > 0) all.push(new Array(1e5).fill(1)); return { noop: true } } })\n`,
      'free/r': relays(echo.remote),
    },
    config: {
      tenants: {
        defaults: { ports: ['*'], reach: ['127.0.0.0/8:*'] },
        named: {
          few: limits({ connections: 2 }),
          client: limits({ clientConnections: 1 }),
          brisk: limits({ connectionsPerSecond: 5 }),
          small: limits({ prereadBytes: 10 }),
          hasty: limits({ prereadTime: 50 }),
          slow: limits({ relayBytesPerSecond: 1.5 * MIB }),
          // Time enough to run out of memory first.
          eat: limits({ decisionTime: 5000 }),
          chatty: limits({ logLinesPerSecond: 7 }),
        },
      },
    },
  })
})
after(async () => {
  await p?.stop()
  await echo[Symbol.asyncDispose]()
  await pours[Symbol.asyncDispose]()
})

/** A connection from another loopback address; its end says whether it was reset. */
async function from(localAddress: string, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  await within(`connect from ${localAddress}`, once(socket, 'connect'))
  return socket
}

/** The log line of a limit that bit. */
function said(tenant: string, limit: string) {
  return p.line(`${limit} of ${tenant}`, (line) => {
    return line.msg === 'a limit was reached' && line.tenant === tenant && line.limit === limit
  })
}

/** Connects where that is refused: by a reset, which may come before the connection is seen to stand. */
async function refused(port: number): Promise<Record<string, unknown>> {
  const from = p.lines.length
  const socket = connect({ port, host: '127.0.0.1' })
  socket.resume()
  const [error] = await within('a reset', once(socket, 'error'))
  assert.equal(error instanceof Error && 'code' in error && error.code, 'ECONNRESET')
  const listener = `127.0.0.1:${port}`
  const { reason, limit } = await p.line(
    `the record of a refusal at ${listener}`,
    (line) => line.msg === 'connection' && line.listener === listener && line.reason === 'over-limit',
    from,
  )
  return { reason, limit }
}

describe('a tenant’s limit of', () => {
  it('connections refuses one more, and lets others in when one has ended', async () => {
    const port = await p.served('few/r')
    const [one, two] = [await Client.connect(port), await Client.connect(port)]
    assert.deepEqual(await refused(port), { reason: 'over-limit', limit: 'connections' })
    const { value, setting } = await said('few', 'connections')
    assert.deepEqual([value, setting], [2, 'tenants.named.few.limits.connections'])
    one.end()
    await one.rest()
    await p.record(one)
    const next = await Client.connect(port)
    assert.equal(await next.end().rest(), 'final 0')
    two.destroy()
  })

  it('connections of one client leaves other clients alone', async () => {
    const port = await p.served('client/r')
    const first = await Client.connect(port)
    assert.deepEqual(await refused(port), { reason: 'over-limit', limit: 'clientConnections' })
    const other = await from('127.0.0.9', port)
    const answer = once(other, 'data')
    other.end()
    assert.equal(String((await within('an answer', answer))[0]), 'final 0')
    first.destroy()
  })

  it('new connections in a second makes the next ones wait, each for its turn', async () => {
    const port = await p.served('brisk/r')
    const started = performance.now()
    const times = await Promise.all(
      Array.from({ length: 8 }, async () => {
        assert.equal(await exchange(port, 'x'), 'brisk')
        return performance.now() - started
      }),
    )
    assert.ok(Math.max(...times) >= 550, `three of eight wait 200, 400 and 600 ms; the last was served after ${times}`)
    await said('brisk', 'connectionsPerSecond')
  })

  it('bytes before the decision asks the last question there', async () => {
    const client = await Client.connect(await p.served('small/r'))
    assert.equal(await client.write('0123456789abcdef').rest(), 'final 10')
    await said('small', 'prereadBytes')
  })

  it('time before the decision asks the last question then', async () => {
    const client = await Client.connect(await p.served('hasty/r'))
    assert.equal(await client.write('slow').rest(), 'final 4')
    client.destroy()
    const { prereadMs, decisionMs } = await p.record(client)
    await said('hasty', 'prereadTime')
    const waited = Number(prereadMs) + Number(decisionMs)
    assert.ok(waited > 25 && waited < 1000, `${prereadMs} ms of waiting for bytes, ${decisionMs} ms for its router`)
  })

  it('CPU time of a decision, and memory, ends the decision', async () => {
    for (const [word, limit] of [
      ['loop', 'decisionTime'],
      ['stuck', 'decisionTime'],
      ['eat', 'isolateMemory'],
    ] as const) {
      const client = await Client.connect(await p.served(`${word}/r`))
      assert.equal(await client.write('x').rest(), '')
      await said(word, limit)
      client.destroy()
    }
  })

  it('relayed bytes in a second slows its connections down, loses nothing, and slows no neighbour', async () => {
    const client = await Client.connect(await p.served('slow/r'))
    client.write('go')
    const started = performance.now()
    const neighbour = await Client.connect(await p.served('free/r'))
    neighbour.write('ping')
    await neighbour.receives(/ping/)
    assert.ok(client.received.length < 2 * MIB, 'the neighbour was served first')
    await client.rest()
    assert.equal(client.received.length, 2 * MIB)
    assert.ok(performance.now() - started >= 250, 'half a MiB more than the burst, at 1.5 MiB/s')
    await said('slow', 'relayBytesPerSecond')
    neighbour.destroy()
  })

  it('log lines in a second drops the rest, and says how many', async () => {
    const port = await p.served('chatty/r')
    assert.equal(await exchange(port, 'x'), 'logged')
    assert.equal(await exchange(port, 'x'), 'logged')
    await said('chatty', 'logLinesPerSecond')
    const { stdout } = await p.command('status')
    const chatty = JSON.parse(stdout).tenants.find(({ tenant }: { tenant: string }) => tenant === 'chatty')
    const lines = p.lines.filter(({ msg, router }) => msg === 'router log' && router === 'chatty/r').length
    assert.ok(chatty.limited.logLinesPerSecond >= 1)
    assert.ok(lines >= 7 && lines < 10, `${lines} lines`)
  })
})

it('what a tenant uses is free again, whatever ended its connections', async () => {
  const port = await p.served('free/r')
  const clients = await Promise.all(Array.from({ length: 30 }, () => Client.connect(port)))
  for (const [at, client] of clients.entries()) {
    if (at % 3 === 0) client.destroy()
    else if (at % 3 === 1) client.socket.resetAndDestroy()
    else await client.write('x').end().rest()
  }
  const connections = async () => {
    const { tenants } = JSON.parse((await p.command('status')).stdout)
    return tenants.find(({ tenant }: { tenant: string }) => tenant === 'free').connections
  }
  await until('no connection to be counted', async () => ((await connections()) === 0 ? true : undefined), connections)
})

/** A port on which a router answers who asks for `a.example`. */
function sharedPort(preread: object): Promise<Pointsman> {
  const named = `${HEAD} listen: { port: 0, hosts: ['a.example'] }, route: () => ({ close: 'a' }) })\n`
  const tenants = { defaults: { ports: ['*'], hosts: ['*'] } }
  return Pointsman.start({ routers: { 'acme/a': named }, config: { preread, tenants } })
}

describe('a client that names no host on a shared port', () => {
  it('has only so many connections there, and takes none from those that name theirs', async () => {
    await using shared = await sharedPort({ clientConnections: 3 })
    const port = await shared.served('acme/a')
    const idle = await Promise.all(Array.from({ length: 3 }, () => Client.connect(port)))
    // It may be reset before it knows that it was connected.
    await Client.connect(port)
      .then((more) => more.rest())
      .catch(() => {})
    const record = await shared.line('its record', ({ msg }) => msg === 'connection')
    assert.equal(record.limit, 'clientConnections')
    const line = await shared.line('the limit', ({ msg }) => msg === 'a limit was reached')
    assert.equal(line.setting, 'preread.clientConnections')
    const other = await from('127.0.0.7', port)
    const answer = once(other, 'data')
    other.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
    assert.equal(String((await within('an answer', answer))[0]), 'a')
    idle[0]?.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
    assert.equal(await idle[0]?.rest(), 'a')
    await shared.record(idle[0] ?? 0)
    const next = await Client.connect(port)
    next.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
    assert.equal(await next.rest(), 'a')
    for (const client of idle) client.destroy()
  })
})

describe('clients that ask for a host of no router', () => {
  it('are sent away at a pace, and reset when they would wait longer than a second', async () => {
    await using shared = await sharedPort({ strangersPerSecond: 4 })
    const port = await shared.served('acme/a')
    const ask = async (host: string) => {
      const client = await Client.connect(port)
      client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      return client
    }
    const started = performance.now()
    const strangers = await Promise.all(Array.from({ length: 12 }, () => ask('gone.example')))
    const meanwhile = await ask('a.example')
    assert.equal(await meanwhile.rest(), 'a')
    const records = await Promise.all(strangers.map((client) => shared.record(client)))
    const refused = records.filter(({ reason }) => reason === 'over-limit')
    assert.equal(records.filter(({ reason }) => reason === 'no-router').length, 8)
    assert.deepEqual([refused.length, ...new Set(refused.map(({ limit }) => limit))], [4, 'connectionsPerSecond'])
    assert.ok(performance.now() - started >= 900, 'the last of them waits for a second')
    const line = await shared.line('the limit', ({ msg }) => msg === 'a limit was reached')
    assert.deepEqual([line.setting, line.value], ['preread.strangersPerSecond', 4])
    // whoever leaves while he waits is not waited for
    const leaving = await ask('gone.example')
    leaving.end()
    assert.equal((await shared.record(leaving)).router, undefined)
  })
})
