import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { parseSettings } from '../../src/config/problems.ts'
import { addressText, PortRefused, Ports } from '../../src/supervisor/ports.ts'

const settings = parseSettings({ listen: { host: '127.0.0.1', port: 0 } }, 'test')
const LOOPBACK = '127.0.0.1'

async function claim(ports: Ports, router: string, port: number, host: string | undefined = LOOPBACK): Promise<number> {
  const claimed = await ports.claim(router, { port, host, hosts: undefined }, settings)
  claimed.confirm()
  return claimed.bound.port
}

test('port 0 is resolved once and kept by the versions that follow', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'a', 0)
  assert.ok(port > 0)
  assert.equal(await claim(ports, 'a', 0), port)
  assert.notEqual(await claim(ports, 'b', 0), port)
})

test('a router without an address takes the default one, and says so when it is taken', async () => {
  const ports = new Ports()
  const port = await claim(ports, 'a', 0)
  const byDefault = parseSettings({ listen: { host: LOOPBACK, port } }, 'test')
  await assert.rejects(
    ports.claim('b', undefined, byDefault),
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
  const { bound, undo } = await ports.claim('a', { port: 0, host: '127.0.0.2', hosts: undefined }, settings)
  undo()
  assert.deepEqual(ports.get('a'), { host: LOOPBACK, port })
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
