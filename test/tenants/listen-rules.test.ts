import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigError } from '../../src/config/config-error.ts'
import { parseSettings } from '../../src/config/problems.ts'
import { grantsHost, grantsPort, parsePortGrant } from '../../src/tenants/listen-grants.ts'
import { listenRefusal, type WantedListen } from '../../src/tenants/listen-rules.ts'

test('a port grant is a port, a range, or all', () => {
  const grants = (text: string, port: number) => grantsPort([text], port, false)
  assert.deepEqual(
    [442, 443, 444].map((port) => grants('443', port)),
    [false, true, false],
  )
  assert.deepEqual(
    [7999, 8000, 8099, 8100].map((port) => grants('8000-8099', port)),
    [false, true, true, false],
  )
  assert.deepEqual(
    [0, 1, 65_535].map((port) => grants('*', port)),
    [true, true, true],
  )
  assert.deepEqual([grants('0', 0), grants('443', 0), grants('0', 1)], [true, false, false])
  assert.equal(grantsPort(['80', '8000-8099'], 8001, false), true)
  assert.equal(grantsPort([], 80, true), false)
  for (const text of [
    '',
    '-1',
    '80-',
    '-80',
    '90-80',
    '65536',
    '1-65536',
    '80,81',
    ' 80',
    '8e1',
    '**',
    'http',
    '/hosts',
    '80/host',
    '80/hosts/hosts',
    '80/hosts-81',
  ])
    assert.equal(parsePortGrant(text), undefined, text)
})

test('a host grant is a name, all names below one, or all', () => {
  const cases: [grant: string, host: string, granted: boolean][] = [
    ['git.acme.example', 'git.acme.example', true],
    ['Git.Acme.Example', 'git.acme.example', true],
    ['bücher.example', 'xn--bcher-kva.example', true],
    ['git.acme.example', 'x.git.acme.example', false],
    ['git.acme.example', '*.git.acme.example', false],
    ['*.acme.example', 'git.acme.example', true],
    ['*.acme.example', 'a.b.c.acme.example', true],
    ['*.acme.example', 'acme.example', false],
    ['*.acme.example', 'evilacme.example', false],
    ['*.acme.example', '*.acme.example', true],
    ['*.acme.example', '*.git.acme.example', true],
    ['*.git.acme.example', '*.acme.example', false],
    ['*', 'any.example', true],
    ['*', '*.example', true],
  ]
  for (const [grant, host, granted] of cases) assert.equal(grantsHost([grant], host), granted, `${grant} ${host}`)
})

const SETTINGS = parseSettings(
  {
    listen: { port: 5432 },
    tenants: {
      defaults: { ports: ['8000-8099'], hosts: ['*.pages.example'] },
      named: {
        acme: { ports: ['443', '0'], hosts: ['git.acme.example', '*.acme.example'] },
        poor: { ports: [] },
        sharing: { ports: ['443/hosts', '*/hosts'] },
      },
    },
  },
  'test',
)

function refusal(wanted: Partial<WantedListen>): string | undefined {
  return listenRefusal(SETTINGS, {
    router: 'acme/git',
    host: '0.0.0.0',
    port: 443,
    hosts: undefined,
    byDefault: false,
    ...wanted,
  })
}

test('a tenant has the ports and hosts that the configuration allows', () => {
  const hosts = ['git.acme.example', '*.acme.example']
  for (const allowed of [{}, { port: 0 }, { hosts }, { router: 'new/a', port: 8000, hosts: ['a.pages.example'] }])
    assert.equal(refusal(allowed), undefined)
  assert.equal(refusal({ router: 'git', port: 22, hosts: ['any.example'] }), undefined, 'the operator’s own')
})

test('a port may be granted to be shared by host name only: at the operator’s address, and not what nobody names', () => {
  const sharing = { router: 'sharing/a', hosts: ['a.pages.example'] }
  assert.equal(refusal(sharing), undefined)
  assert.equal(refusal({ ...sharing, port: 8443 }), undefined)
  const words =
    /^router sharing\/a wants port 443, .* allows "443\/hosts", "\*\/hosts"; a port with "\/hosts" is for routers with listen\.hosts that listen at 0\.0\.0\.0/
  assert.match(refusal({ ...sharing, hosts: undefined }) ?? '', words)
  assert.match(refusal({ ...sharing, host: '127.0.0.9' }) ?? '', words)
})

test('a refusal says who wants what, what is allowed, and where that is set', () => {
  const cases: [Partial<WantedListen>, string][] = [
    [
      { port: 444 },
      'router acme/git wants port 444, which tenant acme may not have: tenants.named.acme.ports allows "443", "0"',
    ],
    [
      { port: 5432, byDefault: true },
      'router acme/git wants port 5432 (it names no port, so it takes the default), which tenant acme may not have: tenants.named.acme.ports allows "443", "0"',
    ],
    [
      { hosts: ['git.acme.example', 'beta.example'] },
      'router acme/git wants the host name beta.example, which tenant acme may not have: tenants.named.acme.hosts allows "git.acme.example", "*.acme.example"',
    ],
    [
      { router: 'new/a' },
      'router new/a wants port 443, which tenant new may not have: tenants.defaults.ports allows "8000-8099"',
    ],
    [
      { router: 'toString/a', port: 0 },
      'router toString/a wants a port of the system’s choice (0), which tenant toString may not have: tenants.defaults.ports allows "8000-8099"',
    ],
    [
      { router: 'poor/a', port: 80 },
      'router poor/a wants port 80, which tenant poor may not have: tenants.named.poor.ports allows none',
    ],
    [
      { router: 'new/a', port: 8000, hosts: ['*.example'] },
      'router new/a wants the host name *.example, which tenant new may not have: tenants.defaults.hosts allows "*.pages.example"',
    ],
  ]
  for (const [wanted, message] of cases) assert.equal(refusal(wanted), message)
})

test('a grant that is none is a mistake in the configuration, named with its path', () => {
  const parse = (named: object) => () => parseSettings({ tenants: { named: { acme: named } } }, 'f')
  const says = (words: RegExp) => (error: ConfigError) => words.test(error.message)
  assert.throws(
    parse({ ports: ['80', 'http'] }),
    says(/f: tenants\.named\.acme\.ports\.1 is "http"; allowed is a port from 0/),
  )
  assert.throws(parse({ ports: 80 }), says(/f: tenants\.named\.acme\.ports is 80; allowed is a list, each a port/))
  assert.throws(
    parse({ hosts: ['a.example:443'] }),
    says(/hosts\.0 is "a\.example:443"; allowed is "\*", or a host name/),
  )
})
