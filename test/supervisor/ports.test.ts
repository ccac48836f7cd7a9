import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { test } from 'node:test'
import type { ListenDescription } from 'router-sdk/sandbox'
import { parseSettings } from '../../src/config/problems.ts'
import { addressText, PortRefused, Ports } from '../../src/supervisor/ports.ts'
import { canSharePorts } from '../../src/transport/port-sharing.ts'

const settings = parseSettings({ listen: { host: '127.0.0.1', port: 0 } }, 'test')
const LOOPBACK = '127.0.0.1'

type Asked = Partial<ListenDescription> & { greets?: boolean }

/** What a router says of itself; port 0 of the loopback unless it says otherwise. */
function asking({ port = 0, host = LOOPBACK, hosts, greets = false }: Asked): Parameters<Ports['claim']>[1] {
  return { listen: { port, host, hosts }, hooks: greets ? ['route', 'onConnect'] : ['route'] }
}

async function claimed(ports: Ports, router: string, asked: Asked): Promise<number> {
  const { bound, confirm } = await ports.claim(router, asking(asked), settings)
  confirm()
  return bound.port
}

async function listening(port: number, reusePort = false): Promise<Server> {
  const server = createServer().listen({ port, host: LOOPBACK, exclusive: true, reusePort })
  await once(server, 'listening')
  return server
}

function claim(ports: Ports, router: string, port: number, host: string = LOOPBACK): Promise<number> {
  return claimed(ports, router, { port, host })
}

test('port 0 is resolved once and kept by the versions that follow', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'a', 0)
  assert.ok(port > 0)
  assert.equal(await claim(ports, 'a', 0), port)
  assert.notEqual(await claim(ports, 'b', 0), port)
})

test('a port that the system chose is given to no other program until it is settled who has it', {
  skip: !canSharePorts() && 'processes cannot share a port here',
}, async () => {
  const ports = new Ports()
  for (const settled of ['confirm', 'undo'] as const) {
    const claimed = await ports.claim(settled, asking({}), settings)
    const { port } = claimed.bound
    await assert.rejects(listening(port), { code: 'EADDRINUSE' })
    await assert.rejects(once(connect(port, LOOPBACK), 'end'), { code: 'ECONNRESET' })
    {
      await using _asWorkersDo = await listening(port, canSharePorts())
      claimed[settled]()
    }
    await using stranger = await listening(port)
    assert.ok(stranger.listening)
  }
})

test('a router without an address takes the default one, and says so when it is taken', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'a', 0)
  const byDefault = parseSettings({ listen: { host: LOOPBACK, port } }, 'test')
  await assert.rejects(
    ports.claim('b', { listen: undefined, hooks: ['route'] }, byDefault),
    /router b wants .* \(it names no port, so it takes the default\), which router a has/,
  )
})

test('wildcard addresses take in the others of their port', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'a', 0)
  const conflict = { message: new RegExp(`which router a has at 127\\.0\\.0\\.1:${port}`) }
  await assert.rejects(claim(ports, 'b', port, '0.0.0.0'), conflict)
  await assert.rejects(claim(ports, 'b', port, '::'), conflict)
  assert.equal(await claim(ports, 'b', port, '127.0.0.2'), port)
})

test('a claim that is undone leaves what was claimed before', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'a', 0)
  const { bound, undo } = await ports.claim('a', asking({ host: '127.0.0.2' }), settings)
  undo()
  assert.deepEqual(ports.get('a'), { host: LOOPBACK, port, hosts: undefined })
  assert.equal(await claim(ports, 'b', bound.port, '127.0.0.2'), bound.port)
})

test('two routers that claim one port at the same moment do not both get it', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'x', 0)
  ports.release('x')
  const results = await Promise.allSettled([claim(ports, 'a', port), claim(ports, 'b', port)])
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('an address that cannot be bound is refused in words', async (t) => {
  const other = createServer().listen(0, LOOPBACK)
  await once(other, 'listening')
  t.after(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const ports = new Ports()
  const cases: [number, string, RegExp][] = [
    [port, LOOPBACK, /another program listens there/],
    [port, '192.0.2.1', /this machine does not have that address/],
    [port, 'nowhere.invalid', /does not resolve|EAI_AGAIN/],
  ]
  for (const [wanted, host, message] of cases)
    await assert.rejects(claim(ports, 'a', wanted, host), (error) => {
      assert.ok(error instanceof PortRefused)
      assert.match(error.message, message)
      return true
    })
  assert.equal(ports.get('a'), undefined)
})

test('addresses are written as they are in configurations', () => {
  assert.equal(addressText({ host: '::1', port: 80 }), '[::1]:80')
  assert.equal(addressText({ host: LOOPBACK, port: 80 }), '127.0.0.1:80')
})

const NAMES = ['git.acme.example', '*.acme.example']

test('routers share a port, each with host names of its own, and one with none', async () => {
  const ports = new Ports()
  const port = await claimed(ports, 'a', { hosts: NAMES })
  await claimed(ports, 'b', { port, hosts: ['git.beta.example'] })
  await claimed(ports, 'c', { port, hosts: ['*.git.acme.example'] })
  await claimed(ports, 'rest', { port, greets: false })
  assert.deepEqual(ports.get('a'), { host: LOOPBACK, port, hosts: NAMES })
  const at = `127\\.0\\.0\\.1:${port}`
  const refused: [string, Asked, RegExp, string][] = [
    [
      'd',
      { hosts: ['x.example', '*.acme.example'] },
      new RegExp(`^router d wants \\*\\.acme\\.example on ${at}, which router a has$`),
      'a',
    ],
    ['d', { hosts: ['git.beta.example'] }, /wants git\.beta\.example on .* which router b has/, 'b'],
    ['d', {}, new RegExp(`^router d wants ${at}, which router rest has at ${at}; .* \\(listen\\.hosts\\)$`), 'rest'],
    [
      'd',
      { host: '0.0.0.0', hosts: ['new.example'] },
      /part of which router a has at .* exactly the same address/,
      'a',
    ],
  ]
  for (const [router, asked, message, holder] of refused)
    await assert.rejects(claimed(ports, router, { port, ...asked }), (error) => {
      assert.ok(error instanceof PortRefused)
      assert.match(error.message, message)
      assert.equal(error.holder, holder)
      return true
    })
})

test('a router that is asked before the first bytes shares its port with nobody, whoever comes first', async () => {
  const ports = new Ports()
  const port = await claimed(ports, 'greeter', { greets: true })
  await assert.rejects(
    claimed(ports, 'git', { port, hosts: NAMES }),
    /router git wants .* cannot share with router greeter: router greeter has onConnect, .* and it is for some hosts only/,
  )
  await claimed(ports, 'greeter', { greets: false })
  await claimed(ports, 'git', { port, hosts: NAMES })
  await assert.rejects(
    claimed(ports, 'greeter', { port, greets: true }),
    /router greeter wants .* cannot share with router git: it has onConnect, .* and router git is for some hosts only/,
  )
})

test('a router keeps its port when it names other hosts, and gives back those that it names no more', async () => {
  const ports = new Ports()
  const port = await claimed(ports, 'a', { hosts: NAMES })
  const same = await ports.claim('a', asking({ hosts: NAMES.toReversed() }), settings)
  assert.equal(same.givesBack, false)
  same.confirm()
  const other = await ports.claim('a', asking({ hosts: ['git.acme.example', 'new.example'] }), settings)
  assert.deepEqual([other.bound.port, other.givesBack], [port, true])
  await assert.rejects(claimed(ports, 'b', { port, hosts: ['new.example'] }), /which router a has/)
  await assert.rejects(claimed(ports, 'b', { port, hosts: ['*.acme.example'] }), /which router a has/)
  other.confirm()
  other.undo()
  await claimed(ports, 'b', { port, hosts: ['*.acme.example'] })
  await assert.rejects(claimed(ports, 'b', { port, hosts: ['new.example'] }), /which router a has/)
})

test('a deleted router gives its names back, and the port when it was the last', async () => {
  const ports = new Ports()
  const port = await claimed(ports, 'a', { hosts: NAMES })
  await claimed(ports, 'b', { port, hosts: ['b.example'] })
  ports.release('a')
  await assert.rejects(claimed(ports, 'c', { port, host: '0.0.0.0' }), /part of which router b has/)
  await claimed(ports, 'c', { port, hosts: NAMES })
  ports.release('b')
  ports.release('c')
  assert.equal(await claimed(ports, 'd', { port, host: '0.0.0.0' }), port)
})

test('routers that claim an address at the same moment share it, and none hinders another', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'x', 0)
  ports.release('x')
  const names = Array.from({ length: 20 }, (_, index) => `r${index}`)
  const claims = await Promise.all(names.map((name) => claimed(ports, name, { port, hosts: [`${name}.example`] })))
  assert.deepEqual([...new Set(claims)], [port])
})

test('what no router of ours has is refused to all that claim it at the same moment, and can be claimed later', async (t) => {
  const other = createServer().listen(0, LOOPBACK)
  await once(other, 'listening')
  t.after(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const ports = new Ports()
  const both = () =>
    Promise.allSettled(['a', 'b'].map((name) => claimed(ports, name, { port, hosts: [`${name}.example`] })))
  assert.deepEqual(
    (await both()).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  other.close()
  await once(other, 'close')
  assert.deepEqual(
    (await both()).map(({ status }) => status),
    ['fulfilled', 'fulfilled'],
  )
})
