import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { echoServer, type TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { DnsServer } from '../worker/dns-server.ts'
import { dictate, puppet } from './puppet.ts'

const ZONE = {
  'up.test': { a: ['127.0.0.1'], ttl: 0 },
  'two.test': { a: ['127.0.0.2', '127.0.0.1'] },
}
const TELLING = `onConnectError: (conn, error) => ({ close: error.code + ' ' + error.attempts + ' ' + error.message }),`

let dns: DnsServer
let upstream: TestServer
let p: Pointsman
const done: (() => unknown)[] = []

before(async () => {
  dns = await DnsServer.start({ after: (close) => close && done.push(close) }, ZONE)
  upstream = await echoServer('a')
  p = await Pointsman.start({
    routers: { puppet: puppet(TELLING) },
    config: {
      connect: { retries: 2, retryDelay: 20 },
      dns: { servers: [dns.address], minTtl: 0, timeout: 400 },
    },
  })
})

after(async () => {
  await p?.stop()
  await upstream?.[Symbol.asyncDispose]()
  for (const close of done) close()
})

/** What becomes of a connection to the upstream by one of its names, within `ms`. */
async function ask(host: string, ms = 10_000) {
  const started = performance.now()
  const client = await dictate(await p.served('puppet'), { remote: `${host}:${upstream.port}`, data: 'hi' })
  await until('an answer or the end', () => client.text === 'a:hi' || client.ended || undefined)
  client.end()
  const elapsed = performance.now() - started
  assert.ok(elapsed < ms, `it took ${elapsed} ms`)
  const { address, attempts, reason } = await p.record(client)
  return { text: client.text, address, attempts, reason }
}

describe('an upstream named by a name', () => {
  it('is found, is remembered, and stays reachable while the name server fails or says nothing', async () => {
    dns.mood = 'answer'
    assert.equal((await ask('up.test')).address, `127.0.0.1:${upstream.port}`)
    dns.mood = 'fail'
    for (let time = 0; time < 3; time++) assert.equal((await ask('up.test', 2000)).text, 'a:hi')
    dns.mood = 'silent'
    for (let time = 0; time < 3; time++) assert.equal((await ask('up.test', 2000)).text, 'a:hi')
    assert.ok(dns.count('up.test') >= 2, 'the server is asked again')
  })

  it('is tried at each of its addresses', async () => {
    dns.mood = 'answer'
    const { text, address, attempts } = await ask('two.test')
    assert.deepEqual({ text, address, attempts }, { text: 'a:hi', address: `127.0.0.1:${upstream.port}`, attempts: 2 })
  })

  it('that does not exist is an upstream that cannot be reached', async () => {
    dns.mood = 'answer'
    const { text, attempts, address, reason } = await ask('gone.test')
    assert.match(text, /^unresolved 0 look up gone\.test: there is no such name/)
    assert.deepEqual({ attempts, address, reason }, { attempts: 0, address: undefined, reason: 'connect-failed' })
    assert.equal((await ask('up.test')).text, 'a:hi')
    assert.deepEqual(p.stderr, [])
  })

  it('that no name server answers for is an upstream that cannot be reached, in bounded time', async () => {
    dns.mood = 'answer'
    dns.mood = 'silent'
    const { text, reason } = await ask('lost.test', 5000)
    assert.match(text, /^unresolved 0 look up lost\.test/)
    assert.equal(reason, 'connect-failed')
  })
})
