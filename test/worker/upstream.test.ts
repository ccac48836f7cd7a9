import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { formatTarget } from '../../src/transport/address.ts'
import type { ConnectEvents, Connection, ConnectTarget, Transport } from '../../src/transport/transport.ts'
import type { Resolved } from '../../src/worker/dns.ts'
import {
  connectUpstream,
  type UpstreamConnected,
  type UpstreamFailed,
  type UpstreamOptions,
} from '../../src/worker/upstream.ts'
import { Recorder, serve } from '../contract/ends.ts'
import { eventually } from '../contract/eventually.ts'
import { transports } from '../contract/transports.ts'

const real = transports().at(-1) ?? assert.fail('there is no transport')

describe('connecting to an upstream', () => {
  it('connects to an address at the first attempt', async (t) => {
    const { port, peers } = await serve(t)
    const outcome = start({ upstream: { kind: 'tcp', host: '127.0.0.1', port } })
    const { address, attempts } = await outcome.connected(t, 'hello')
    assert.deepEqual({ address, attempts }, { address: `127.0.0.1:${port}`, attempts: 1 })
    await eventually('hello', () => peers[0]?.text === 'hello')
  })

  it('tells nothing before connectUpstream has returned, even what is known at once', async () => {
    const outcome = start({ resolved: new Error('no'), retries: 0 })
    assert.deepEqual(outcome.results, [])
    assert.equal((await outcome.failed()).code, 'unresolved')
  })

  it('tries each address of a name in turn, without a pause between them', async (t) => {
    const { port } = await serve(t)
    const outcome = start({
      upstream: { kind: 'tcp', host: 'name.test', port },
      resolved: ['127.0.0.2', '127.0.0.3', '127.0.0.1'],
      retryDelay: 60_000,
    })
    const { address, attempts } = await outcome.connected(t)
    assert.deepEqual({ address, attempts }, { address: `127.0.0.1:${port}`, attempts: 3 })
  })

  it('tries no more than eight addresses in a round', async () => {
    const transport = failing('ECONNREFUSED')
    const resolved = Array.from({ length: 100 }, (_, index) => `127.0.0.${index}`)
    const { attempts } = await start({ transport, resolved, retries: 1 }).failed()
    assert.equal(attempts, 16)
  })

  it('makes eleven attempts with ten retries, the delay between them, and then says refused', async (t) => {
    const { port, server } = await serve(t)
    server.close()
    const started = performance.now()
    const outcome = start({ upstream: { kind: 'tcp', host: '127.0.0.1', port }, retries: 10, retryDelay: 20 })
    const failed = await outcome.failed()
    assert.ok(performance.now() - started >= 190)
    assert.deepEqual(failed, {
      code: 'refused',
      message: `connect to 127.0.0.1:${port}: ECONNREFUSED`,
      attempts: 11,
      lastAddress: `127.0.0.1:${port}`,
    })
  })

  it('reaches an upstream that comes up between two rounds', async (t) => {
    const first = await serve(t)
    await new Promise((resolve) => first.server.close(resolve))
    const outcome = start({ upstream: { kind: 'tcp', host: 'name.test', port: first.port }, retries: 500 })
    await eventually('a second attempt', () => outcome.asked >= 2)
    await new Promise<void>((resolve) => first.server.listen(first.port, '127.0.0.1', resolve))
    const { attempts } = await outcome.connected(t)
    assert.ok(attempts >= 2)
  })

  it('resolves again for each round, and retries a name that does not resolve', async (t) => {
    const { port } = await serve(t)
    const outcome = start({
      upstream: { kind: 'tcp', host: 'late.test', port },
      resolved: new Error('look up late.test: gone'),
    })
    await eventually('three questions', () => outcome.asked >= 3)
    outcome.resolved = ['127.0.0.1']
    assert.equal((await outcome.connected(t)).attempts, 1)
  })

  it('says unresolved, with the reason, when the last round found no address', async () => {
    const failed = await start({ resolved: new Error('look up x.test: no such name'), retries: 2 }).failed()
    const message = 'look up x.test: no such name'
    assert.deepEqual(failed, { code: 'unresolved', message, attempts: 0, lastAddress: undefined })
  })

  it('gives each attempt its time, and says timeout', async () => {
    const transport = silent()
    const failed = await start({ transport, connectTimeout: 30, retries: 2 }).failed()
    assert.equal(failed.code, 'timeout')
    assert.equal(failed.attempts, 3)
    assert.match(failed.message, /connect to 127\.0\.0\.1:1: no answer in 30 ms/)
    assert.equal(transport.open, 0)
  })

  for (const [system, code] of [
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['EMFILE', 'failed'],
    ['EADDRNOTAVAIL', 'failed'],
  ] as const) {
    it(`retries after ${system}, and calls it ${code}`, async () => {
      const failed = await start({ transport: failing(system), retries: 3 }).failed()
      assert.equal(failed.code, code)
      assert.equal(failed.attempts, 4)
      assert.match(failed.message, new RegExp(system))
    })
  }

  it('tries only the addresses that are allowed', async (t) => {
    const { port } = await serve(t)
    const outcome = start({
      upstream: { kind: 'tcp', host: 'mixed.test', port },
      resolved: ['169.254.169.254', '127.0.0.1'],
      judge: (target) =>
        formatTarget(target).startsWith('169.')
          ? { kind: 'refused', why: 'link-local' }
          : { kind: 'permitted', target },
    })
    assert.equal((await outcome.connected(t)).attempts, 1)
  })

  it('says not-allowed at once when every address is refused', async () => {
    const outcome = start({
      resolved: ['10.0.0.1', '10.0.0.2'],
      judge: () => ({ kind: 'refused', why: 'private' }),
      retryDelay: 60_000,
    })
    const failed = await outcome.failed()
    assert.deepEqual(failed, {
      code: 'not-allowed',
      message: 'the operator does not allow this upstream',
      attempts: 0,
      lastAddress: undefined,
    })
    assert.equal(outcome.asked, 1)
  })

  it('connects to a unix socket, and says unreachable where there is none', async () => {
    const path = join(tmpdir(), 'no-upstream-here')
    const failed = await start({ upstream: { kind: 'unix', path }, retries: 1 }).failed()
    assert.deepEqual(failed, {
      code: 'unreachable',
      message: `connect to unix:${path}: ENOENT`,
      attempts: 2,
      lastAddress: `unix:${path}`,
    })
  })

  it('never connects again once connected, although the upstream closes at once', async (t) => {
    const { port, peers, server } = await serve(t)
    server.on('connection', (socket) => socket.destroy())
    const outcome = start({ upstream: { kind: 'tcp', host: '127.0.0.1', port } })
    const { events } = await outcome.connected(t)
    await events.until('ended')
    assert.equal(peers.length, 1)
    assert.equal(outcome.results.length, 1)
  })

  for (const phase of ['resolving', 'connecting', 'waiting to retry', 'failing'] as const) {
    it(`is silent after cancel while ${phase}, and leaves nothing open`, async () => {
      const transport = phase === 'connecting' ? silent() : failing('ECONNREFUSED')
      const outcome = start({
        transport,
        resolved: phase === 'resolving' ? 'later' : phase === 'failing' ? new Error('no') : ['127.0.0.1'],
        retries: phase === 'failing' ? 0 : 10,
        retryDelay: phase === 'waiting to retry' ? 60_000 : 1,
      })
      if (phase === 'waiting to retry') await eventually('a failed attempt', () => transport.failed === 1)
      outcome.cancel()
      outcome.cancel()
      outcome.answerLater(['127.0.0.1'])
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(outcome.results, [])
      assert.equal(transport.open, 0)
      assert.equal(transport.made, phase === 'connecting' || phase === 'waiting to retry' ? 1 : 0)
    })
  }
})

type Setup = Partial<UpstreamOptions> & { resolved?: Resolved | 'later' }

/** Starts connecting, with a resolver that says what it is told to, and keeps the results. */
function start({ resolved, ...options }: Setup) {
  const results: (UpstreamConnected | UpstreamFailed)[] = []
  const events = new Recorder()
  let later: ((result: Resolved) => void) | undefined
  const outcome = {
    results,
    asked: 0,
    resolved: resolved ?? (['127.0.0.1'] as Resolved | 'later'),
    cancel: () => attempt.cancel(),
    answerLater: (result: Resolved) => later?.(result),
    async failed(): Promise<UpstreamFailed> {
      await eventually('a result', () => results.length > 0)
      const [result] = results
      assert.ok(result !== undefined && 'code' in result, `connected to ${JSON.stringify(result)}`)
      return result
    },
    async connected(t: TestContext, text = ''): Promise<UpstreamConnected & { events: Recorder }> {
      await eventually('a result', () => results.length > 0)
      const [result] = results
      assert.ok(result !== undefined && 'connection' in result, JSON.stringify(result))
      t.after(() => result.connection.destroy())
      result.connection.write(Buffer.from(text))
      return { ...result, events }
    },
  }
  const attempt = connectUpstream(
    {
      upstream: { kind: 'tcp', host: 'name.test', port: 1 },
      transport: real,
      connectTimeout: 5000,
      retries: 10,
      retryDelay: 1,
      resolver: {
        resolve(_host, answered) {
          outcome.asked += 1
          if (outcome.resolved === 'later') later = answered
          else answered(outcome.resolved)
        },
      },
      ...options,
    },
    {
      connected(result) {
        result.connection.setEvents(events)
        results.push(result)
      },
      failed: (result) => results.push(result),
    },
  )
  return outcome
}

interface FakeTransport extends Transport {
  /** Connections made, those not closed, and those that failed. */
  readonly made: number
  readonly open: number
  readonly failed: number
}

/** A transport whose attempts all fail with a system error that loopback cannot be made to give. */
function failing(code: string): FakeTransport {
  return fakeTransport((events, fail) => {
    setImmediate(() => fail(() => events.closed(Object.assign(new Error(`connect ${code}`), { code }))))
  })
}

/** A transport whose attempts are never answered. */
function silent(): FakeTransport {
  return fakeTransport(() => {})
}

function fakeTransport(react: (events: ConnectEvents, fail: (tell: () => void) => void) => void): FakeTransport {
  const fake = {
    name: 'net' as const,
    made: 0,
    open: 0,
    failed: 0,
    listen: () => Promise.reject(new Error('connects only')),
    connect(target: ConnectTarget, events: ConnectEvents): Connection {
      let closed = false
      const close = () => {
        if (!closed) fake.open -= 1
        closed = true
      }
      fake.made += 1
      fake.open += 1
      react(events, (tell) => {
        if (closed) return
        close()
        fake.failed += 1
        tell()
      })
      return { ...inert(target), destroy: close }
    },
  }
  return fake
}

function inert(target: ConnectTarget): Omit<Connection, 'destroy'> {
  const nothing = () => {}
  return {
    remote: { address: formatTarget(target), port: 0 },
    local: { address: '', port: 0 },
    queued: 0,
    setEvents: nothing,
    pause: nothing,
    resume: nothing,
    write: () => true,
    end: nothing,
    finish: nothing,
  }
}
