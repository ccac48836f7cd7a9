import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RouterNames } from '../../src/worker/router-names.ts'

test('the most specific name wins, and what nobody names goes to the router without names', () => {
  const names = new RouterNames()
  names.set('git', ['git.acme.example'])
  names.set('acme', ['*.acme.example'])
  names.set('deep', ['*.git.acme.example', 'acme.example'])
  const cases: [name: string | undefined, router: string | undefined][] = [
    ['git.acme.example', 'git'],
    ['www.acme.example', 'acme'],
    ['a.b.acme.example', 'acme'],
    ['a.git.acme.example', 'deep'],
    ['a.b.git.acme.example', 'deep'],
    ['acme.example', 'deep'],
    ['evilacme.example', undefined],
    ['example', undefined],
    ['.acme.example', undefined],
    ['', undefined],
    [undefined, undefined],
    ['127.0.0.1', undefined],
    ['constructor', undefined],
  ]
  for (const [name, router] of cases) assert.equal(names.find(name), router, String(name))
  names.set('rest', undefined)
  for (const [name, router] of cases) assert.equal(names.find(name), router ?? 'rest', String(name))
})

test('a router’s new names replace its old ones, and what another has been given meanwhile stays with that one', () => {
  const names = new RouterNames()
  names.set('a', ['x.example', '*.x.example'])
  names.set('b', ['x.example'])
  names.set('a', ['y.example'])
  assert.deepEqual(
    ['x.example', 'a.x.example', 'y.example'].map((each) => names.find(each)),
    ['b', undefined, 'a'],
  )
  names.set('rest', undefined)
  names.delete('b')
  assert.equal(names.find('x.example'), 'rest')
  names.set('rest', ['z.example'])
  assert.deepEqual([names.fallback, names.find('x.example'), names.find('z.example')], [undefined, undefined, 'rest'])
  names.delete('a')
  assert.equal(names.shared, true)
  names.delete('rest')
  assert.deepEqual([names.shared, names.routers], [false, []])
})

const label = fc.constantFrom('a', 'b', 'c')
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'))
const pattern = fc.oneof(
  name,
  name.map((each) => `*.${each}`),
)

test('it finds what a look at every pattern finds', () => {
  fc.assert(
    fc.property(fc.uniqueArray(pattern, { maxLength: 20 }), fc.array(name, { maxLength: 10 }), (patterns, asked) => {
      const names = new RouterNames()
      for (const each of patterns) names.set(each, [each])
      for (const each of asked) assert.equal(names.find(each), bySearch(patterns, each))
    }),
    { numRuns: 1000 },
  )
})

function bySearch(patterns: readonly string[], asked: string): string | undefined {
  if (patterns.includes(asked)) return asked
  const above = patterns.filter((each) => each.startsWith('*') && asked.endsWith(each.slice(1)))
  return above.sort((a, b) => b.length - a.length)[0]
}

test('among a hundred thousand names one is found in microseconds', () => {
  const names = new RouterNames()
  for (let router = 0; router < 1000; router++)
    names.set(
      `t${router}/r`,
      Array.from({ length: 100 }, (_, at) => `${at % 2 ? '*.' : ''}h${at}.t${router}.example`),
    )
  const deep = `${'a.'.repeat(100)}h1.t999.example`
  for (const [asked, found] of [
    ['h0.t500.example', 't500/r'],
    [deep, 't999/r'],
    [`${deep}x`, undefined],
  ] as const) {
    const started = process.cpuUsage()
    for (let time = 0; time < 1000; time++) assert.equal(names.find(asked), found)
    const { user, system } = process.cpuUsage(started)
    assert.ok(user + system < 1000 * 100, `${(user + system) / 1000} µs for ${asked.slice(0, 40)}`)
  }
})
