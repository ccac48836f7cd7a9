import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { echoServer, type TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { dictate, puppet } from './puppet.ts'
import { BlackHole, Recorder, refusedRemote } from './upstreams.ts'

let a: TestServer
let p: Pointsman
let dead: string

/** Carries what to do next in what the client has sent: a JSON list, of which each failure takes the next entry. */
const FAILOVER = `import { defineRouter } from 'router-sdk'
const plan = (text: string) => JSON.parse(text.slice(0, text.indexOf('\\n')))
export default defineRouter({
  route: (conn) => (conn.text.includes('\\n') ? plan(conn.text)[0] : { noop: true }),
  onConnectError(conn, error) {
    conn.log('asked', error.remote, error.tried.length)
    return plan(conn.text)[error.tried.length] ?? { close: 'tried ' + error.tried.join(' ') }
  },
})
`
const ALWAYS = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  route: () => ({ remote: '${remote}' }),
  onConnectError: () => ({ remote: '${remote}' }),
})
`
const THROWING = (remote: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({
  failure: { close: 'failed' },
  route: () => ({ remote: '${remote}' }),
  onConnectError() { throw new Error('in the callback') },
})
`
const INACTIVE = puppet(`onInactivity(conn, inactivity) {
    conn.log('asked')
    return { close: JSON.stringify({ ...inactivity, bytes: conn.bytes.length }) }
  },`)

before(async () => {
  a = await echoServer('a')
  dead = await refusedRemote()
  p = await Pointsman.start({
    routers: {
      failover: FAILOVER,
      always: ALWAYS(dead),
      throwing: THROWING(dead),
      inactive: INACTIVE,
      mute: puppet(),
    },
    config: { connect: { retries: 1, retryDelay: 10 } },
  })
})

after(async () => {
  await p?.stop()
  await a?.[Symbol.asyncDispose]()
})

/** What \`router\` has logged since line \`from\`. */
function said(router: string, from: number): string[] {
  const lines = p.lines.slice(from).filter((line: LogLine) => line.msg === 'router log' && line.router === router)
  return lines.map((line) => String(line.said))
}

describe('onConnectError', () => {
  it('may name another upstream, which gets everything once', async () => {
    const plan = [{ remote: dead }, { remote: a.remote }]
    const client = await dictate(await p.served('failover'), plan)
    client.write('more')
    const line = `${JSON.stringify(plan)}\n`
    assert.equal(await client.receives(/more$/), `a:${line}more`)
    client.end()
    const record = await p.record(client)
    const { upstream, address, attempts, reason, questions } = record
    assert.deepEqual(
      { upstream, address, attempts, reason, questions },
      { upstream: a.remote, address: a.remote, attempts: 3, reason: 'client-end', questions: 2 },
    )
  })

  it('may send that upstream other data, and the client a reply', async () => {
    const plan = [
      { remote: dead, data: 'first' },
      { remote: a.remote, data: 'second', reply: 'sorry ' },
    ]
    const client = await dictate(await p.served('failover'), plan)
    assert.equal(await client.receives(/second/), 'sorry a:second')
    client.destroy()
  })

  it('may close with a text, and knows what was tried', async () => {
    const other = await refusedRemote()
    const client = await dictate(await p.served('failover'), [{ remote: dead }, { remote: other }])
    assert.equal(await client.rest(), `tried ${dead} ${other}`)
    client.destroy()
    assert.equal((await p.record(client)).reason, 'connect-failed')
  })

  it('is asked for at most eight upstreams of one connection', async () => {
    const client = await dictate(await p.served('always'), {})
    assert.equal(await client.rest(), '')
    client.destroy()
    const { attempts, questions, reason } = await p.record(client)
    assert.deepEqual({ attempts, questions, reason }, { attempts: 16, questions: 8, reason: 'connect-failed' })
  })

  it('may not wait: that is the failure of the router', async () => {
    const client = await dictate(await p.served('failover'), [{ remote: dead }, { noop: true }])
    assert.equal(await client.rest(), '')
    client.destroy()
    const { reason, failure } = await p.record(client)
    assert.deepEqual({ reason, failure }, { reason: 'router-failed', failure: 'bad-answer' })
    await p.line(
      'why',
      (line) => line.msg === 'router failed' && /onConnectError answered noop/.test(`${line.message}`),
    )
  })

  it('may throw: the connection gets the failure answer', async () => {
    const client = await dictate(await p.served('throwing'), {})
    assert.equal(await client.rest(), 'failed')
    client.destroy()
    const { reason, failure } = await p.record(client)
    assert.deepEqual({ reason, failure }, { reason: 'router-failed', failure: 'threw' })
  })

  for (const how of ['end', 'reset', 'destroy'] as const) {
    it(`is not asked when the client has left (${how})`, async () => {
      await using hole = await BlackHole.start()
      const from = p.lines.length
      const first = { remote: hole.remote, connectTimeout: 300, reply: 'r' }
      const client = await dictate(await p.served('failover'), [first])
      await client.receives(/r/)
      client[how]()
      const { reason } = await p.record(client)
      assert.match(String(reason), how === 'reset' ? /^client-reset$/ : /^(client-left|client-reset|connect-failed)$/)
      assert.deepEqual(said('failover', from), [])
    })
  }
})

describe('an inactivity timeout', { concurrency: true }, () => {
  it('ends the connection of an upstream that says nothing', async () => {
    await using upstream = await Recorder.start()
    const client = await dictate(await p.served('mute'), { remote: upstream.remote, inactivityTimeout: 200 })
    const started = performance.now()
    assert.equal(await client.rest(), '')
    const elapsed = performance.now() - started
    client.destroy()
    assert.ok(elapsed >= 180 && elapsed < 2000, `after ${elapsed} ms`)
    const { reason, attempts } = await p.record(client)
    assert.deepEqual({ reason, attempts }, { reason: 'inactivity-timeout', attempts: 1 })
    await until('the upstream to be let go', () => upstream.heard[0]?.closed || undefined)
  })

  it('asks onInactivity before the client sees the end, and says its goodbye', async () => {
    await using upstream = await Recorder.start()
    const answer = { remote: upstream.remote, inactivityTimeout: 100, reply: 'wait ' }
    const client = await dictate(await p.served('inactive'), answer)
    const text = await client.rest()
    client.destroy()
    assert.ok(text.startsWith('wait {'), text)
    assert.deepEqual(JSON.parse(text.slice('wait '.length)), {
      remote: upstream.remote,
      elapsed: 100,
      bytes: `${JSON.stringify(answer)}\n`.length,
    })
    const { reason, bytesDown, questions } = await p.record(client)
    assert.deepEqual(
      { reason, bytesDown, questions },
      { reason: 'inactivity-timeout', bytesDown: text.length, questions: 2 },
    )
  })

  it("ends with the upstream's first byte: it may be silent for longer afterwards", async () => {
    await using upstream = await Recorder.start(({ socket }) => {
      socket.write('1')
      setTimeout(() => socket.end('2'), 1500)
    })
    const client = await dictate(await p.served('inactive'), { remote: upstream.remote, inactivityTimeout: 1000 })
    assert.equal(await client.rest(), '12')
    client.end()
    assert.equal((await p.record(client)).reason, 'upstream-end')
  })

  it('is not put off by what the client sends', async () => {
    await using upstream = await Recorder.start()
    const client = await dictate(await p.served('mute'), { remote: upstream.remote, inactivityTimeout: 200 })
    const started = performance.now()
    const trickle = setInterval(() => client.write('x'), 20)
    await client.rest().finally(() => clearInterval(trickle))
    client.destroy()
    assert.ok(performance.now() - started < 2000)
    assert.equal((await p.record(client)).reason, 'inactivity-timeout')
  })

  for (const how of ['end', 'destroy', 'reset'] as const) {
    it(`is no error when the client has left (${how})`, async () => {
      await using upstream = await Recorder.start()
      const client = await dictate(await p.served('inactive'), {
        remote: upstream.remote,
        inactivityTimeout: 500,
        reply: 'r',
      })
      await client.receives(/r/)
      client[how]()
      const { reason, questions } = await p.record(client)
      assert.match(String(reason), /^client-(end|reset)$/)
      assert.equal(questions, 1)
    })
  }
})
