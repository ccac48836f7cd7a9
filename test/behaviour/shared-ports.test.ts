import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { createServer, connect as tlsConnect } from 'node:tls'
import { nodeHttp2 } from '../fixtures/protocols/http2.ts'
import { clientHello } from '../kit/client-hello.ts'
import { Pointsman } from '../kit/pointsman.ts'
import { missing, run } from '../kit/programs.ts'
import { Client, echoServer, exchange } from '../kit/sockets.ts'
import { selfSigned } from '../kit/tls.ts'
import { until, within } from '../kit/wait.ts'

const GRANTS = { ports: ['*'], reach: ['127.0.0.0/8:*'] }
const ACME = { hosts: ['git.acme.example', '*.acme.example'] }
const CONFIG = {
  workers: 2,
  preread: { time: 1500 },
  tenants: { defaults: GRANTS, named: { acme: ACME, beta: { hosts: ['*'] } } },
}

const listening = (listen: object) => JSON.stringify({ host: '127.0.0.1', ...listen })

/** A router that answers its name to the first bytes, or when there are none. */
function says(name: string, listen: object, hooks = ''): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: ${listening(listen)}, ${hooks}
  route: (conn) => (conn.text === '' && !conn.final ? { noop: true } : { close: '${name}' }),
})
`
}

function forwards(remote: string, listen: object): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({ listen: ${listening(listen)}, route: () => ({ remote: '${remote}' }) })
`
}

const get = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`

/** The line about a router that comes next after this is called. */
function next(pointsman: Pointsman, router: string, msg: string) {
  return pointsman.line(
    `${msg}: ${router}`,
    (line) => line.msg === msg && line.router === router,
    pointsman.lines.length,
  )
}

/** Workers hear of a router that is gone a moment after the log does. */
async function becomes(port: number, host: string, answer: string): Promise<void> {
  await until(`${JSON.stringify(answer)} for ${host}`, async () =>
    (await exchange(port, get(host))) === answer ? true : undefined,
  )
}

describe('routers that name hosts', () => {
  let pointsman: Pointsman
  let port: number
  const asked = (host: string) => exchange(port, get(host))

  before(async () => {
    const exact = says('exact', { port: 0, hosts: ['a.shared.example'] })
    pointsman = await Pointsman.start({ routers: { 'beta/exact': exact }, config: CONFIG })
    port = await pointsman.served('beta/exact')
    pointsman.write('beta/wild', says('wild', { port, hosts: ['*.shared.example'] }))
    pointsman.write(
      'beta/deep',
      says('deep', { port, hosts: ['*.b.shared.example', 'bücher.example', 'grpc.example.com'] }),
    )
    await Promise.all([pointsman.served('beta/wild'), pointsman.served('beta/deep')])
  })
  after(() => pointsman.stop())

  it('share a port: each gets the connections to its hosts, the most specific name first', async () => {
    const hosts = ['a.shared.example', 'b.shared.example', 'x.b.shared.example', 'x.y.b.shared.example']
    assert.deepEqual(await Promise.all(hosts.map(asked)), ['exact', 'wild', 'deep', 'deep'])
    const forms = ['A.Shared.Example:8080', 'a.shared.example.', 'a.shared.example:']
    assert.deepEqual(await Promise.all(forms.map(asked)), ['exact', 'exact', 'exact'])
    assert.equal(await asked('xn--bcher-kva.example'), 'deep')
  })

  it('are told apart by SNI, by the target of HTTP/1 and by :authority', async () => {
    assert.equal(await exchange(port, await clientHello('b.shared.example')), 'wild')
    const absolute = 'GET http://a.shared.example/x HTTP/1.1\r\nHost: a.shared.example\r\n\r\n'
    assert.equal(await exchange(port, absolute), 'exact')
    assert.equal(await exchange(port, nodeHttp2), 'deep')
  })

  it('are told apart when bytes come one by one', async () => {
    for (const bytes of [Buffer.from(get('x.b.shared.example')), await clientHello('x.b.shared.example')]) {
      const client = await Client.connect(port)
      assert.equal(await (await client.dribble(bytes)).rest(), 'deep')
      client.destroy()
    }
  })

  it('do not get what none of them names: it is closed, and the record says that nobody had it', async () => {
    const conflict = 'GET / HTTP/1.1\r\nHost: a.shared.example\r\nHost: b.shared.example\r\n\r\n'
    const others = [get('c.example'), get('127.0.0.1'), conflict, 'SSH-2.0-x\r\n', await clientHello('shared.example')]
    for (const bytes of others) {
      const client = await Client.connect(port)
      assert.equal(await client.write(bytes).rest(), '')
      client.end()
      const { reason, router, decision, questions } = await pointsman.record(client)
      assert.deepEqual([reason, router, decision, questions], ['no-router', undefined, 'none', 0])
    }
  })

  it('do not get a client that has said too little when its time is up, or its end', async () => {
    const [silent, slow, left] = await Promise.all([Client.connect(port), Client.connect(port), Client.connect(port)])
    slow.write('GET / HTTP/1.1\r\nHost: a.shared')
    left.write('GET /').end()
    for (const client of [silent, slow, left]) {
      assert.equal(await client.rest(), '')
      client.end()
      assert.equal((await pointsman.record(client)).reason, 'no-router')
    }
  })

  it('are named in the log with the hosts that they have', () => {
    const line = pointsman.lines.find(({ msg, router }) => msg === 'router active' && router === 'beta/deep')
    assert.deepEqual(line?.hosts, ['*.b.shared.example', 'xn--bcher-kva.example', 'grpc.example.com'])
    assert.equal(line?.listen, `127.0.0.1:${port}`)
  })

  it('leave the rest to the router on their port that names none', async () => {
    pointsman.write('rest', says('rest', { port }))
    await pointsman.served('rest')
    const silent = await Client.connect(port)
    const hello = await clientHello('other.example')
    const answers = [exchange(port, 'SSH-2.0-x\r\n'), exchange(port, hello), exchange(port, ''), silent.rest()]
    assert.deepEqual(await Promise.all(answers), ['rest', 'rest', 'rest', 'rest'])
    assert.deepEqual(await Promise.all(['c.example', '127.0.0.1', 'a.shared.example'].map(asked)), [
      'rest',
      'rest',
      'exact',
    ])
    silent.destroy()
    pointsman.remove('rest')
    await next(pointsman, 'rest', 'router retired')
  })

  it('keep their connections when another is swapped, moved or deleted; its names are free then', async () => {
    await using upstream = await echoServer('kept')
    pointsman.write('beta/kept', forwards(upstream.remote, { port, hosts: ['kept.example'] }))
    await pointsman.served('beta/kept')
    const client = await Client.connect(port)
    await client.write(get('kept.example')).receives(/^kept:GET/)
    pointsman.write('beta/exact', says('new', { port, hosts: ['a.shared.example', 'new.example'] }))
    await pointsman.served('beta/exact', 2)
    assert.deepEqual(await Promise.all(['a.shared.example', 'new.example'].map(asked)), ['new', 'new'])
    const retired = next(pointsman, 'beta/exact', 'router retired')
    pointsman.remove('beta/exact')
    await retired
    await becomes(port, 'a.shared.example', 'wild')
    await becomes(port, 'new.example', '')
    pointsman.write('acme/late', says('late', { port, hosts: ['late.acme.example'] }))
    await pointsman.served('acme/late')
    assert.equal(await asked('late.acme.example'), 'late')
    await client.write('still here').receives(/still here$/)
    client.destroy()
  })

  it('close the port when the last of them goes', async () => {
    for (const name of ['beta/wild', 'beta/deep', 'beta/kept', 'acme/late']) {
      const client = await Client.connect(port)
      client.destroy()
      const retired = next(pointsman, name, 'router retired')
      pointsman.remove(name)
      await retired
    }
    await until('a port that is closed', async () => {
      const client = await Client.connect(port).catch(() => undefined)
      client?.destroy()
      return client === undefined ? true : undefined
    })
  })
})

describe('a claim', () => {
  let pointsman: Pointsman
  let port: number

  before(async () => {
    const first = says('first', { port: 0, hosts: ['git.acme.example'] })
    pointsman = await Pointsman.start({ routers: { 'acme/first': first }, config: CONFIG })
    port = await pointsman.served('acme/first')
  })
  after(() => pointsman.stop())

  async function refused(router: string, listen: object, hooks?: string): Promise<string> {
    const line = next(pointsman, router, 'router refused')
    pointsman.write(router, says(router, listen, hooks))
    return String((await line).reason)
  }

  it('of what another has is refused with the names of both, and granted when that one gives it up', async () => {
    const reason = await refused('beta/second', { port, hosts: ['new.example', 'git.acme.example'] })
    assert.equal(reason, `router beta/second wants git.acme.example on 127.0.0.1:${port}, which router acme/first has`)
    pointsman.write('acme/first', says('first', { port, hosts: ['*.acme.example'] }))
    await pointsman.served('beta/second')
    assert.equal(await exchange(port, get('git.acme.example')), 'beta/second')
    assert.equal(await exchange(port, get('x.acme.example')), 'first')
  })

  it('of what the configuration does not allow is refused with the place where that stands', async () => {
    assert.equal(
      await refused('acme/greedy', { port, hosts: ['acme.example'] }),
      'router acme/greedy wants the host name acme.example, which tenant acme may not have: tenants.named.acme.hosts allows "git.acme.example", "*.acme.example"',
    )
    assert.match(
      await refused('gamma/any', { port, hosts: ['gamma.example'] }),
      /tenants\.defaults\.hosts allows none$/,
    )
  })

  it('of a port with onConnect is refused where others have hosts', async () => {
    const greets = "onConnect: () => ({ close: 'hello' }),"
    assert.match(await refused('greeter', { port }, greets), /router greeter wants .* it has onConnect/)
    assert.match(await refused('beta/named', { port, hosts: ['n.example'] }, greets), /onConnect cannot stand beside/)
  })

  it('holds for as long as the configuration allows it', async () => {
    const retired = next(pointsman, 'acme/first', 'router retired')
    const again = next(pointsman, 'acme/first', 'router refused')
    pointsman.configure({
      ...CONFIG,
      tenants: { ...CONFIG.tenants, named: { acme: { hosts: [] }, beta: { hosts: ['*'] } } },
    })
    pointsman.signal('SIGHUP')
    assert.match(String((await retired).reason), /tenants\.named\.acme\.hosts allows none/)
    assert.equal((await again).serving, 'nothing')
    await becomes(port, 'x.acme.example', '')
    assert.equal(await exchange(port, get('git.acme.example')), 'beta/second')
    const active = next(pointsman, 'acme/first', 'router active')
    pointsman.configure(CONFIG)
    pointsman.signal('SIGHUP')
    await active
    assert.equal(await exchange(port, get('x.acme.example')), 'first')
  })
})

describe('TLS of two tenants on one port', { skip: missing('curl', 'openssl') }, () => {
  it('ends at the tenant whose host is asked for, with its certificate', async () => {
    await using acme = await secured('git.acme.example')
    await using beta = await secured('beta.example')
    const first = forwards(`127.0.0.1:${acme.port}`, { port: 0, hosts: ['*.acme.example'] })
    await using pointsman = await Pointsman.start({ routers: { 'acme/tls': first }, config: CONFIG })
    const port = await pointsman.served('acme/tls')
    pointsman.write('beta/tls', forwards(`127.0.0.1:${beta.port}`, { port, hosts: ['beta.example'] }))
    await pointsman.served('beta/tls')
    for (const host of ['git.acme.example', 'beta.example']) {
      const { stdout } = await run('curl', [
        '-sk',
        '--resolve',
        `${host}:${port}:127.0.0.1`,
        `https://${host}:${port}/`,
      ])
      assert.equal(stdout, host)
      const socket = tlsConnect({ port, host: '127.0.0.1', servername: host, rejectUnauthorized: false })
      await within('a handshake', once(socket, 'secureConnect'))
      assert.equal(socket.getPeerCertificate().subject.CN, host)
      socket.destroy()
    }
  })
})

/** An HTTPS server that answers its name. */
async function secured(name: string): Promise<AsyncDisposable & { port: number }> {
  const server = createServer(selfSigned(name), (socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) }
}
