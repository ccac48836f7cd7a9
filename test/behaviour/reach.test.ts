import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, TestServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { DnsServer } from '../worker/dns-server.ts'
import { dictate, puppet } from './puppet.ts'
import { echoOnIpv6, UnixEcho } from './upstreams.ts'

const TELLING = `onConnectError: (conn, error) => ({ close: error.code + ': ' + error.message }),`
/** Names another upstream whenever one is refused. */
const INSISTING = `onConnectError: (conn, error) => ({ remote: remote('10.0.0.' + error.tried.length + ':80') }),`
const NOT_ALLOWED = 'not-allowed: the operator does not allow this upstream'

let dns: DnsServer
let echo: TestServer
let other: TestServer
let six: Awaited<ReturnType<typeof echoOnIpv6>>
let unix: UnixEcho
let forbidden: UnixEcho
let p: Pointsman
const done: (() => unknown)[] = []

const grants = () => [
  `127.0.0.1:${echo.port}`,
  '127.0.0.2:*',
  `[::1]:${six.port}`,
  `unix:${dirname(unix.path)}/*.sock`,
  '*.svc.test:*',
]
const config = (reach: string[]) => ({
  connect: { retries: 3, retryDelay: 10 },
  dns: { servers: [dns.address], minTtl: 0, maxTtl: 0, staleFor: 0 },
  tenants: { defaults: { ports: ['*'] }, named: { granted: { reach } } },
})

before(async () => {
  dns = await DnsServer.start({ after: (close) => close && done.push(close) }, {})
  echo = await echoServer('echo')
  other = await TestServer.start((socket) => socket.end('other'), '127.0.0.2')
  six = await echoOnIpv6('six')
  unix = new UnixEcho('unix')
  forbidden = new UnixEcho('forbidden')
  await unix.listen()
  await forbidden.listen()
  symlinkSync(forbidden.path, join(dirname(unix.path), 'out.sock'))
  p = await Pointsman.start({
    routers: {
      own: puppet(TELLING),
      'acme/r': puppet(TELLING),
      'granted/r': puppet(TELLING),
      'insisting/r': `import { remote } from 'router-sdk'\n${puppet(INSISTING)}`,
    },
    config: config(grants()),
  })
})

after(async () => {
  await p?.stop()
  for (const server of [echo, other, six, unix, forbidden]) await server?.[Symbol.asyncDispose]()
  for (const close of done) close()
})

/** What becomes of a connection of which `router` says that it goes to `remote`. */
async function ask(router: string, remote: string) {
  const client = await Client.connect(await p.served(router))
  client.write(`${ascii(JSON.stringify({ remote, data: 'hi' }))}\n`)
  await until(
    'an answer or the end',
    () => /:hi$/.test(client.text) || client.ended || undefined,
    () => client.text,
  )
  client.end()
  const { address, attempts, reason } = await p.record(client)
  client.destroy()
  return { text: client.text, address, attempts, reason }
}

function ascii(json: string): string {
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

async function isRefused(router: string, remote: string) {
  const { text, attempts, reason } = await ask(router, remote)
  assert.deepEqual(
    { text, attempts, reason },
    { text: NOT_ALLOWED, attempts: 0, reason: 'not-allowed' },
    `${router} to ${remote}`,
  )
}

async function isReached(router: string, remote: string, text: string, address: string) {
  assert.deepEqual(
    (({ text, address }) => ({ text, address }))(await ask(router, remote)),
    { text, address },
    `${router} to ${remote}`,
  )
}

describe('the upstreams of a tenant', () => {
  it('are not on this machine, however it is written', async () => {
    const port = echo.port
    for (const host of `127.0.0.1 127.1 0x7f.1 0177.0.0.1 2130706433 127.0.0.1. 0.0.0.0 0 localhost LOCALHOST. １２７.1 [::ffff:127.0.0.1]
      [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::1]`.split(/\s+/))
      await isRefused('acme/r', `${host}:${port}`)
    for (const host of ['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::1%lo]'])
      await isRefused('acme/r', `${host}:${six.port}`)
    await isRefused('acme/r', `unix:${unix.path}`)
  })

  it('are not in private networks, nor the metadata service of a cloud', async () => {
    for (const remote of [
      '10.0.0.1:80',
      '169.254.169.254:80',
      '[fd00:ec2::254]:80',
      '[fe80::1%lo]:80',
      '100.64.0.1:80',
      '224.0.0.1:80',
    ])
      await isRefused('acme/r', remote)
  })

  it('are where the configuration grants them', async () => {
    await isReached('granted/r', echo.remote, 'echo:hi', echo.remote)
    await isReached('granted/r', `0x7f.1:${echo.port}`, 'echo:hi', echo.remote)
    await isReached('granted/r', `[::ffff:127.0.0.1]:${echo.port}`, 'echo:hi', `[::ffff:127.0.0.1]:${echo.port}`)
    await isReached('granted/r', `[::1]:${six.port}`, 'six:hi', `[::1]:${six.port}`)
    await isReached('granted/r', `unix:${unix.path}`, 'unix:hi', `unix:${unix.path}`)
    await isRefused('granted/r', `127.0.0.1:${echo.port + 1}`)
    await isRefused('granted/r', `[::1]:${echo.port}`)
    await isRefused('granted/r', `unix:${forbidden.path}`)
    await isRefused('granted/r', `unix:${join(dirname(unix.path), 'out.sock')}`)
  })

  it('are not the program itself, not even by a network or a name that is granted', async () => {
    const port = await p.served('own')
    dns.zone = { 'me.svc.test': { a: ['127.0.0.1'], ttl: 0 } }
    await isRefused('granted/r', `127.0.0.1:${port}`)
    await isRefused('granted/r', `me.svc.test:${port}`)
    await isReached('granted/r', `me.svc.test:${echo.port}`, 'echo:hi', echo.remote)
  })

  it('may not be there (yet), which is no refusal', async () => {
    const missing = join(dirname(unix.path), 'none.sock')
    const { text, attempts, reason } = await ask('granted/r', `unix:${missing}`)
    assert.deepEqual([attempts, reason], [4, 'connect-failed'])
    assert.match(text, /^unreachable: connect to unix:.*none\.sock: ENOENT$/)
  })
})

describe('a name of which a tenant’s router makes an upstream', () => {
  it('is refused when it moves to loopback between two attempts', async () => {
    const reached: string[] = []
    await using trap = await TestServer.start((socket) => void reached.push(String(socket.remoteAddress)))
    // 127.0.0.2 stands for an address that the tenant may reach; nobody listens there
    const answers = (name: string) => (dns.count(name) <= 1 ? ['127.0.0.2'] : ['127.0.0.1'])
    dns.zone = {
      'rebinds.test': {
        get a() {
          return answers('rebinds.test')
        },
        ttl: 0,
      },
    }
    const { text, attempts, reason, address } = await ask('granted/r', `rebinds.test:${trap.port}`)
    assert.deepEqual(
      { text, attempts, reason, address },
      { text: NOT_ALLOWED, attempts: 1, reason: 'not-allowed', address: `127.0.0.2:${trap.port}` },
    )
    assert.equal(dns.count('rebinds.test'), 2)
    assert.deepEqual(reached, [])
  })

  it('is tried at those of its addresses that are allowed, and only there', async () => {
    dns.zone = { 'mixed.test': { a: ['10.0.0.1', '127.0.0.3', '127.0.0.2', '192.168.0.1'], ttl: 0 } }
    const { text, attempts, address } = await ask('granted/r', `mixed.test:${other.port}`)
    assert.deepEqual({ text, attempts, address }, { text: 'other', attempts: 1, address: `127.0.0.2:${other.port}` })
  })

  it('is refused when all its addresses are, of both families', async () => {
    dns.zone = { 'all.test': { a: ['10.0.0.1', '127.0.0.1'], aaaa: ['::1', '::ffff:10.0.0.1'], ttl: 0 } }
    await isRefused('acme/r', `all.test:${echo.port}`)
    await isRefused('acme/r', `ALL.Test.:${echo.port}`)
  })

  it('that looks like a number and is none is no upstream', async () => {
    for (const host of ['256.1.1.1', '08.1', '1.2.3.4.5', 'a.1']) {
      const { text, reason } = await ask('own', `${host}:80`)
      assert.match(text, /^unresolved: ".*" ends in a number and is no IPv4 address$/)
      assert.equal(reason, 'connect-failed')
    }
  })

  it('may be international', async () => {
    dns.zone = { 'xn--bcher-kva.svc.test': { a: ['127.0.0.1'], ttl: 0 } }
    await isReached('granted/r', `BÜCHER.svc.test:${echo.port}`, 'echo:hi', echo.remote)
  })
})

describe('a refusal', () => {
  it('is in the log with who, where, why, and what would grant it; the router hears none of that', async () => {
    const { router, upstream, address, why, setting, times } = await p.line('a refusal of acme', ({ msg, tenant }) => {
      return msg === 'upstream not allowed' && tenant === 'acme'
    })
    const loopback = `127.0.0.1:${echo.port}`
    assert.deepEqual(
      { router, upstream, address, why, setting, times },
      {
        router: 'acme/r',
        upstream: loopback,
        address: loopback,
        why: 'loopback',
        setting: 'tenants.defaults.reach',
        times: 1,
      },
    )
  })

  it('is counted as a limit of its tenant', async () => {
    const { setting } = await p.line('the limit', ({ msg, limit, tenant }) => {
      return msg === 'a limit was reached' && limit === 'reach' && tenant === 'granted'
    })
    assert.equal(setting, 'tenants.named.granted.reach')
  })

  it('ends a router that names one upstream after another', async () => {
    const client = await dictate(await p.served('insisting/r'), { remote: '10.0.0.0:80' })
    assert.equal(await client.rest(), '')
    client.destroy()
    const { reason, attempts, questions } = await p.record(client)
    assert.deepEqual({ reason, attempts, questions }, { reason: 'not-allowed', attempts: 0, questions: 8 })
  })

  it('does not concern the operator’s own routers, which go anywhere', async () => {
    await isReached('own', echo.remote, 'echo:hi', echo.remote)
    await isReached('own', `2130706433:${echo.port}`, 'echo:hi', echo.remote)
    await isReached('own', `[::1]:${six.port}`, 'six:hi', `[::1]:${six.port}`)
    await isReached('own', `unix:${forbidden.path}`, 'forbidden:hi', `unix:${forbidden.path}`)
    await isReached('own', `localhost:${echo.port}`, 'echo:hi', echo.remote)
  })

  it('begins and ends with the configuration, without a restart', async () => {
    const place = `127.0.0.9:${echo.port}`
    await isRefused('granted/r', place)
    p.configure(config([...grants(), '127.0.0.8/30:*']))
    p.signal('SIGHUP')
    await until('the grant', async () =>
      (await ask('granted/r', place)).reason === 'connect-failed' ? true : undefined,
    )
    p.configure(config([]))
    p.signal('SIGHUP')
    await until('no grant', async () =>
      (await ask('granted/r', echo.remote)).reason === 'not-allowed' ? true : undefined,
    )
  })
})
