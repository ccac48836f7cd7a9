import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSettings } from '../../src/config/problems.ts'
import { OPERATOR, policyOf, tenantOf } from '../../src/tenants/policy.ts'

test('a router belongs to the tenant in whose folder it is, or to the operator', () => {
  assert.equal(tenantOf('acme/git'), 'acme')
  assert.equal(tenantOf('git'), OPERATOR)
})

test('a tenant has the defaults, and what is said of it by name', () => {
  const { tenants } = parseSettings({}, 'f')
  const settings = parseSettings(
    {
      tenants: {
        defaults: { limits: { connections: 7 }, ports: ['443'] },
        named: { acme: { limits: { decisionTime: 3 }, reach: ['10.0.0.0/8:*'], trust: 'trusted' } },
      },
    },
    'f',
  )
  const acme = policyOf(settings, 'acme')
  assert.deepEqual(acme.limits, { ...tenants.defaults.limits, connections: 7, decisionTime: 3 })
  assert.deepEqual([acme.ports, acme.reach, acme.trust, acme.host], [['443'], ['10.0.0.0/8:*'], 'trusted', 'shared'])
  assert.deepEqual(policyOf(settings, 'other'), {
    ...tenants.defaults,
    limits: { ...tenants.defaults.limits, connections: 7 },
    ports: ['443'],
  })
  assert.deepEqual(policyOf(settings, 'toString'), policyOf(settings, 'other'))
})

test('by default a tenant may listen nowhere, claim no name, reach only the public internet, and is not trusted', () => {
  const { ports, hosts, reach, trust } = policyOf(parseSettings({}, 'f'), 'acme')
  assert.deepEqual([ports, hosts, reach, trust], [[], [], [], 'untrusted'])
})

test('the operator’s own routers have the settings of routers, and no quota', () => {
  const settings = parseSettings({ router: { decisionTime: 9 }, preread: { limit: 100 } }, 'f')
  const { limits, ports, trust } = policyOf(settings, OPERATOR)
  assert.deepEqual([limits.decisionTime, limits.prereadBytes, limits.connections, limits.cpuPerSecond], [9, 100, 0, 0])
  assert.deepEqual([ports, trust], [['*'], 'trusted'])
})
