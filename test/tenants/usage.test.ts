import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSettings } from '../../src/config/problems.ts'
import type { TenantLimits } from '../../src/config/settings.ts'
import { clientOf } from '../../src/tenants/client-address.ts'
import { OPERATOR } from '../../src/tenants/policy.ts'
import { type Bite, Tenants } from '../../src/tenants/tenants.ts'
import { TenantUsage } from '../../src/tenants/usage.ts'

const NO_BYTES = { up: 0, down: 0 }

function limited(limits: Partial<TenantLimits>) {
  const { defaults } = parseSettings({}, 'f').tenants
  const clock = { now: 0 }
  const bites: string[] = []
  const usage = new TenantUsage(
    { ...defaults.limits, ...limits },
    { bitten: (limit) => bites.push(limit), now: () => clock.now },
  )
  return { usage, bites, clock }
}

test('connections at once are counted for the tenant, and for each client', () => {
  const { usage, bites } = limited({ connections: 3, clientConnections: 2 })
  assert.equal(usage.enter('192.0.2.1').kind, 'admitted')
  assert.equal(usage.enter('::ffff:192.0.2.1').kind, 'admitted')
  assert.deepEqual(usage.enter('192.0.2.1'), { kind: 'refused', limit: 'clientConnections' })
  assert.equal(usage.enter('192.0.2.2').kind, 'admitted')
  assert.deepEqual(usage.enter('192.0.2.3'), { kind: 'refused', limit: 'connections' })
  usage.leave('192.0.2.1', { up: 5, down: 7 })
  assert.equal(usage.enter('192.0.2.3').kind, 'admitted')
  assert.deepEqual(bites, ['clientConnections', 'connections'])
  const { connections, accepted, bytesUp, bytesDown } = usage.report
  assert.deepEqual([connections, accepted, bytesUp, bytesDown], [3, 4, 5, 7])
})

test('however many tenants take all connections that they may, some are left for the others', () => {
  const capacity = 1000
  let taken = 0
  const tenants = new Tenants(parseSettings({}, 'f'), {
    say: () => {},
    served: () => new Set(),
    places: () => ({ all: capacity, free: capacity - taken }),
  })
  const fill = (tenant: string): number => {
    const limits = { ...tenants.of(tenant).limits, connectionsPerSecond: 0, clientConnectionsPerSecond: 0 }
    tenants.of(tenant).configure(limits)
    let got = 0
    for (; tenants.of(tenant).enter('192.0.2.1').kind === 'admitted'; got++) taken += 1
    return got
  }
  assert.equal(fill('alone'), 720)
  for (let at = 0; at < 10; at++) fill(`other${at}`)
  assert.ok(taken < capacity)
  assert.equal(tenants.of('late').enter('192.0.2.1').kind, 'admitted')
  assert.deepEqual(tenants.of('alone').enter('192.0.2.1'), { kind: 'refused', limit: 'maxConnections' })
  assert.equal(tenants.of(OPERATOR).enter('192.0.2.1').kind, 'admitted')
})

test('connections beyond the rate wait their turn, and are refused when that would be longer than a second', () => {
  const { usage, clock } = limited({ connectionsPerSecond: 10, clientConnectionsPerSecond: 0 })
  for (let at = 0; at < 10; at++) assert.equal(usage.enter(`192.0.2.${at}`).kind, 'admitted')
  assert.deepEqual(usage.enter('192.0.2.1'), { kind: 'wait', milliseconds: 100, limit: 'connectionsPerSecond' })
  for (let at = 0; at < 9; at++) assert.equal(usage.enter(`192.0.2.${at}`).kind, 'wait')
  assert.deepEqual(usage.enter('192.0.2.1'), { kind: 'refused', limit: 'connectionsPerSecond' })
  clock.now = 2000
  assert.equal(usage.enter('192.0.2.1').kind, 'admitted')
})

test('so many connections of a tenant may come at once; those that follow come at its rate', () => {
  const { usage, clock } = limited({ connectionsPerSecond: 200, connectionBurst: 3, clientConnectionsPerSecond: 0 })
  const waits = () => {
    const admission = usage.enter('192.0.2.1')
    return admission.kind === 'wait' ? admission.milliseconds : admission.kind
  }
  assert.deepEqual(Array.from({ length: 5 }, waits), ['admitted', 'admitted', 'admitted', 5, 10])
  clock.now = 10_000
  assert.deepEqual(Array.from({ length: 4 }, waits), ['admitted', 'admitted', 'admitted', 5])
  usage.configure({ ...usage.limits, connectionBurst: 1 })
  clock.now = 20_000
  assert.deepEqual(Array.from({ length: 2 }, waits), ['admitted', 5])
})

test('a connection whose decision fails counts as five, as long as nobody would wait half a second for that', () => {
  const { usage, clock } = limited({ connectionsPerSecond: 100, connectionBurst: 1, clientConnectionsPerSecond: 0 })
  assert.equal(usage.enter('192.0.2.1').kind, 'admitted')
  usage.decided(true)
  usage.failed()
  assert.deepEqual(usage.enter('192.0.2.1'), { kind: 'wait', milliseconds: 50, limit: 'connectionsPerSecond' })
  clock.now = 1000
  for (let count = 0; count < 1000; count++) usage.failed()
  const admission = usage.enter('192.0.2.1')
  assert.ok(admission.kind === 'wait' && admission.milliseconds <= 510, JSON.stringify(admission))
  clock.now = 2000
  usage.decided(false)
  assert.equal(usage.enter('192.0.2.1').kind, 'admitted')
})

test('a client that hurries makes no other client wait', () => {
  const { usage } = limited({ connectionsPerSecond: 1000, clientConnectionsPerSecond: 2 })
  const hurried = Array.from({ length: 6 }, () => usage.enter('192.0.2.1').kind)
  assert.deepEqual(hurried, ['admitted', 'admitted', 'wait', 'wait', 'refused', 'refused'])
  assert.equal(usage.enter('192.0.2.2').kind, 'admitted')
})

test('clients that came and went are forgotten', () => {
  const { usage, clock } = limited({ connectionsPerSecond: 0, clientConnectionsPerSecond: 1, connections: 0 })
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < 300_000; at++) {
    const address = `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`
    clock.now += 0.001
    assert.notEqual(usage.enter(address).kind, 'refused')
    usage.leave(address, NO_BYTES)
  }
  const grown = process.memoryUsage().heapUsed - before
  assert.ok(grown < 64 * 1024 * 1024, `${grown} bytes`)
})

test('tenants that are gone are forgotten, when they use nothing and all that they spent has come back', () => {
  const clock = { now: 0 }
  const limits = { connectionsPerSecond: 2, clientConnectionsPerSecond: 2 }
  const settings = parseSettings({ tenants: { defaults: { limits } } }, 'f')
  const tenants = new Tenants(settings, {
    say: () => {},
    served: () => new Set(['served', OPERATOR]),
    now: () => clock.now,
  })
  const visit = (tenant: string) => {
    const { kind } = tenants.of(tenant).enter('192.0.2.1')
    tenants.of(tenant).leave('192.0.2.1', NO_BYTES)
    return kind
  }
  for (const tenant of [OPERATOR, 'served', 'spent']) visit(tenant)
  const there = tenants.of('there')
  there.enter('192.0.2.1')
  const come = (count: number) => {
    for (let at = 0; at < count; at++) {
      visit(`t${at} at ${clock.now}`)
      const spent = visit('spent')
      if (at > 5) assert.notEqual(spent, 'admitted', 'who is forgotten begins with nothing spent')
    }
  }
  come(5000)
  for (let second = 1; second <= 20; second++) {
    clock.now = second * 10_000
    come(500)
  }
  const left = Object.keys(tenants.report)
  assert.ok(left.length < 2000, `${left.length} are known`)
  for (const tenant of [OPERATOR, 'served', 'spent', 'there']) assert.ok(left.includes(tenant), tenant)
  assert.equal(tenants.of('there'), there)
  assert.equal(tenants.report.served?.accepted, 1)
})

test('relaying beyond the rate pauses for as long as it takes, and lines beyond theirs are lost', () => {
  const { usage, bites } = limited({ relayBytesPerSecond: 1000, logLinesPerSecond: 2 })
  assert.equal(usage.relayed(1000), 0)
  assert.equal(usage.relayed(500), 500)
  assert.equal(usage.mayLog(5), 2)
  assert.equal(usage.report.limited.logLinesPerSecond, 3)
  assert.equal(bites[0], 'relayBytesPerSecond')
})

test('a client is an IPv4 address, or the /64 of an IPv6 address', () => {
  const cases: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
  ]
  for (const [address, client] of cases) assert.equal(clientOf(address), client, address)
})

test('a limit that bites is said at most once a second, with its value, its place and how often', () => {
  const clock = { now: 0 }
  const said: Bite[] = []
  const settings = parseSettings(
    { tenants: { defaults: { limits: { connections: 1 } }, named: { acme: { limits: { connections: 2 } } } } },
    'f',
  )
  const tenants = new Tenants(settings, {
    say: (bite) => said.push(bite),
    served: () => new Set(),
    now: () => clock.now,
  })
  for (let at = 0; at < 5; at++) tenants.of('acme').enter('192.0.2.1')
  clock.now = 1000
  tenants.of('acme').enter('192.0.2.1')
  for (let at = 0; at < 2; at++) tenants.of('other').enter('192.0.2.1')
  assert.deepEqual(said, [
    { tenant: 'acme', limit: 'connections', value: 2, setting: 'tenants.named.acme.limits.connections', times: 1 },
    { tenant: 'acme', limit: 'connections', value: 2, setting: 'tenants.named.acme.limits.connections', times: 3 },
    { tenant: 'other', limit: 'connections', value: 1, setting: 'tenants.defaults.limits.connections', times: 1 },
  ])
  assert.equal(tenants.report.acme?.limited.connections, 4)
})
