import assert from 'node:assert/strict'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { DnsSettings } from '../../src/config/settings.ts'
import { type Resolved, Resolver } from '../../src/worker/dns.ts'
import { parseHosts } from '../../src/worker/hosts-file.ts'
import { eventually } from '../contract/eventually.ts'
import { DnsServer, type Zone } from './dns-server.ts'

const SETTINGS: DnsSettings = { servers: [], minTtl: 1000, maxTtl: 300_000, staleFor: 3_600_000, timeout: 1000 }

describe('the resolver', () => {
  it('answers an IP address with itself, without a question', async (t) => {
    const { resolver, server } = await start(t, {})
    for (const address of ['127.0.0.1', '::1', 'fe80::1%lo']) assert.deepEqual(known(resolver, address), [address])
    assert.deepEqual(server.asked, [])
  })

  it('answers IPv4 addresses first, then IPv6', async (t) => {
    const { resolver } = await start(t, { 'both.test': { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] } })
    const found = await ask(resolver, 'both.test')
    assert.ok(!(found instanceof Error))
    assert.deepEqual([...found].sort(), ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
    assert.equal(found[2], '2001:db8::1')
  })

  it('answers a name that has addresses of one family only', async (t) => {
    const { resolver } = await start(t, { 'four.test': { a: ['192.0.2.1'] }, 'six.test': { aaaa: ['2001:db8::6'] } })
    assert.deepEqual(await ask(resolver, 'four.test'), ['192.0.2.1'])
    assert.deepEqual(await ask(resolver, 'six.test'), ['2001:db8::6'])
  })

  it('answers with one family when the question for the other fails, and asks again as soon as it may', async (t) => {
    const { resolver, server, clock } = await start(t, { 'half.test': { a: ['192.0.2.1'], aaaa: ['::1'], ttl: 60 } })
    server.moodOf = { aaaa: 'fail' }
    assert.deepEqual(await ask(resolver, 'half.test'), ['192.0.2.1'])
    server.moodOf = {}
    clock.pass(SETTINGS.minTtl)
    assert.deepEqual(await ask(resolver, 'half.test'), ['192.0.2.1', '::1'])
  })

  it('gives an answer that may not be kept to those who asked, and asks again', async (t) => {
    const zone = { 'now.test': { a: ['192.0.2.1'], ttl: 0 } }
    const { resolver, server } = await start(t, zone, { minTtl: 0, staleFor: 0 })
    assert.deepEqual(await ask(resolver, 'now.test'), ['192.0.2.1'])
    assert.deepEqual(await ask(resolver, 'now.test'), ['192.0.2.1'])
    assert.equal(server.count('now.test'), 2)
  })

  it('takes names in any case and with a dot at the end for the same', async (t) => {
    const { resolver, server } = await start(t, { 'same.test': { a: ['192.0.2.1'] } })
    await ask(resolver, 'Same.TEST.')
    assert.deepEqual(known(resolver, 'same.test'), ['192.0.2.1'])
    assert.equal(server.count('same.test'), 1)
  })

  it('refuses what is no host name without a question', async (t) => {
    const { resolver, server } = await start(t, {})
    const long = `${'a'.repeat(63)}.`.repeat(4)
    for (const name of [
      '',
      '.',
      'a..b',
      '-a.test',
      'a b',
      'a\0b',
      '127.1',
      '0x7f.1',
      '1.2.3.4.5',
      `${long}test`,
      'é.test',
    ])
      assert.match(message(known(resolver, name)), /is neither a host name nor an IP address/, name)
    assert.deepEqual(server.asked, [])
  })

  it('asks once for all who wait for a name', async (t) => {
    const { resolver, server } = await start(t, { 'many.test': { a: ['192.0.2.1'] } })
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(resolver, 'many.test')))
    assert.ok(answers.every((answer) => !(answer instanceof Error) && answer[0] === '192.0.2.1'))
    assert.equal(server.count('many.test'), 1)
  })

  for (const [ttl, lifetime] of [
    [0, 1000],
    [20, 20_000],
    [86_400, 300_000],
  ] as const) {
    it(`keeps an answer with a TTL of ${ttl} s for ${lifetime} ms`, async (t) => {
      const { resolver, server, clock } = await start(t, { 'ttl.test': { a: ['192.0.2.1'], ttl } })
      await ask(resolver, 'ttl.test')
      server.zone = { 'ttl.test': { a: ['192.0.2.2'], ttl } }
      clock.pass(lifetime - 1)
      assert.deepEqual(known(resolver, 'ttl.test'), ['192.0.2.1'])
      clock.pass(1)
      assert.deepEqual(await ask(resolver, 'ttl.test'), ['192.0.2.2'])
    })
  }

  it('remembers for a second that there is no such name', async (t) => {
    const { resolver, server, clock } = await start(t, {})
    assert.match(message(await ask(resolver, 'no.such.test')), /look up no\.such\.test: there is no such name/)
    server.zone = { 'no.such.test': { a: ['192.0.2.1'] } }
    clock.pass(999)
    assert.match(message(known(resolver, 'no.such.test')), /no such name/)
    clock.pass(1)
    assert.deepEqual(await ask(resolver, 'no.such.test'), ['192.0.2.1'])
  })

  it('says that the name server failed, and remembers it for a second', async (t) => {
    const { resolver, server, clock } = await start(t, { 'sick.test': { a: ['192.0.2.1'] } })
    server.mood = 'fail'
    assert.match(message(await ask(resolver, 'sick.test')), /look up sick\.test: ESERVFAIL/)
    server.mood = 'answer'
    assert.match(message(known(resolver, 'sick.test')), /ESERVFAIL/)
    clock.pass(1000)
    assert.deepEqual(await ask(resolver, 'sick.test'), ['192.0.2.1'])
  })

  it('gives up on a silent name server at its limit', async (t) => {
    const { resolver, server } = await start(t, {}, { timeout: 300 })
    server.mood = 'silent'
    const started = performance.now()
    assert.match(message(await ask(resolver, 'silent.test')), /look up silent\.test: (no answer in 300 ms|ETIMEOUT)/)
    const took = performance.now() - started
    assert.ok(took >= 250 && took < 2000, `${took} ms`)
  })

  it('ends all queries when it is closed, and answers no more', async (t) => {
    const { resolver, server } = await start(t, {})
    server.mood = 'silent'
    const waiting = ask(resolver, 'silent.test')
    resolver.close()
    assert.match(message(await waiting), /closed/)
    assert.match(message(known(resolver, 'other.test')), /closed/)
  })

  it('asks other name servers once it is configured so, and keeps what it knows', async (t) => {
    const { resolver, server } = await start(t, { 'old.test': { a: ['192.0.2.1'] } })
    const other = await DnsServer.start(t, { 'new.test': { a: ['192.0.2.2'] } })
    await ask(resolver, 'old.test')
    resolver.configure({ ...SETTINGS, servers: [other.address] })
    assert.deepEqual(known(resolver, 'old.test'), ['192.0.2.1'])
    assert.deepEqual(await ask(resolver, 'new.test'), ['192.0.2.2'])
    assert.equal(server.count('new.test'), 0)
  })

  it('keeps the names that were asked for last', async (t) => {
    const zone = Object.fromEntries(['a.test', 'b.test', 'c.test'].map((name) => [name, { a: ['192.0.2.1'] }]))
    const { resolver, server } = await start(t, zone, {}, { mostNames: 2 })
    for (const name of ['a.test', 'b.test', 'a.test', 'c.test', 'a.test']) await ask(resolver, name)
    assert.equal(server.count('a.test'), 1)
    await ask(resolver, 'b.test')
    assert.equal(server.count('b.test'), 2)
  })

  for (const servers of ['none', 'given'] as const) {
    it(`knows localhost of the system, with name servers ${servers}`, async (t) => {
      const { resolver } = await start(t, {}, servers === 'none' ? { servers: [] } : {})
      const found = await ask(resolver, 'localhost')
      assert.ok(!(found instanceof Error) && found.length > 0)
      assert.ok(found.every((address) => address === '127.0.0.1' || address === '::1'))
    })
  }
})

describe('the resolver with an old answer', () => {
  it('serves it while the name server fails, asking at most once a second, until its time is over', async (t) => {
    const { resolver, server, clock } = await start(t, { 'old.test': { a: ['192.0.2.1'], ttl: 10 } })
    await ask(resolver, 'old.test')
    server.mood = 'fail'
    clock.pass(10_000)
    assert.deepEqual(await ask(resolver, 'old.test'), ['192.0.2.1'])
    const asked = server.count('old.test')
    for (let turn = 0; turn < 10; turn++) assert.deepEqual(known(resolver, 'old.test'), ['192.0.2.1'])
    assert.equal(server.count('old.test'), asked)
    clock.pass(1000)
    assert.deepEqual(known(resolver, 'old.test'), ['192.0.2.1'])
    await eventually('another question', () => server.count('old.test') > asked)
    clock.pass(SETTINGS.staleFor)
    assert.match(message(await ask(resolver, 'old.test')), /ESERVFAIL/)
  })

  it('waits for a silent name server no longer than 200 ms, and after that not at all', async (t) => {
    const { resolver, server, clock } = await start(
      t,
      { 'old.test': { a: ['192.0.2.1'], ttl: 10 } },
      { timeout: 10_000 },
    )
    await ask(resolver, 'old.test')
    server.mood = 'silent'
    clock.pass(10_000)
    const started = performance.now()
    assert.deepEqual(await ask(resolver, 'old.test'), ['192.0.2.1'])
    const took = performance.now() - started
    assert.ok(took >= 190 && took < 1500, `${took} ms`)
    assert.deepEqual(known(resolver, 'old.test'), ['192.0.2.1'])
  })

  it('replaces it when the name server is back', async (t) => {
    const { resolver, server, clock } = await start(t, { 'old.test': { a: ['192.0.2.1'], ttl: 10 } })
    await ask(resolver, 'old.test')
    server.mood = 'fail'
    clock.pass(10_000)
    await ask(resolver, 'old.test')
    server.mood = 'answer'
    server.zone = { 'old.test': { a: ['192.0.2.2'], ttl: 10 } }
    clock.pass(1000)
    await eventually('the new answer', () => String(known(resolver, 'old.test')) === '192.0.2.2')
  })

  it('drops it when the name server says that the name is gone', async (t) => {
    const { resolver, server, clock } = await start(t, { 'old.test': { a: ['192.0.2.1'], ttl: 10 } })
    await ask(resolver, 'old.test')
    server.zone = {}
    clock.pass(10_000)
    assert.match(message(await ask(resolver, 'old.test')), /no such name/)
  })
})

describe('the hosts file', () => {
  it('goes before DNS, and is read again when it has changed', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'hosts-'))
    t.after(() => rm(folder, { recursive: true }))
    const hostsFile = join(folder, 'hosts')
    await writeFile(hostsFile, '192.0.2.7 Db.Test # ours\n')
    const { resolver, server, clock } = await start(t, { 'db.test': { a: ['192.0.2.1'] } }, {}, { hostsFile })
    assert.deepEqual(known(resolver, 'DB.test.'), ['192.0.2.7'])
    await writeFile(hostsFile, '192.0.2.8 db.test\n')
    await utimes(hostsFile, new Date(), new Date(Date.now() + 5000))
    clock.pass(4999)
    assert.deepEqual(known(resolver, 'db.test'), ['192.0.2.7'])
    clock.pass(1)
    assert.deepEqual(known(resolver, 'db.test'), ['192.0.2.8'])
    await rm(hostsFile)
    clock.pass(5000)
    assert.deepEqual(await ask(resolver, 'db.test'), ['192.0.2.1'])
    assert.equal(server.count('db.test'), 1)
  })

  it('is read line by line, passing over what is neither', () => {
    const names = parseHosts(
      '::1 localhost ip6\n127.0.0.1\tlocalhost\r\n# no\n\nnonsense here\n127.0.0.1 localhost #twice\n',
    )
    assert.deepEqual(
      [...names],
      [
        ['localhost', ['127.0.0.1', '::1']],
        ['ip6', ['::1']],
      ],
    )
  })
})

async function start(
  t: TestContext,
  zone: Zone,
  settings: Partial<DnsSettings> = {},
  options: { hostsFile?: string; mostNames?: number } = {},
) {
  const server = await DnsServer.start(t, zone)
  let time = 0
  const clock = {
    pass: (milliseconds: number) => {
      time += milliseconds
    },
  }
  const resolver = new Resolver(
    { ...SETTINGS, servers: [server.address], ...settings },
    { hostsFile: '/nonexistent', now: () => time, ...options },
  )
  t.after(() => resolver.close())
  return { server, clock, resolver }
}

function ask(resolver: Resolver, name: string): Promise<Resolved> {
  return new Promise((resolve) => resolver.resolve(name, resolve))
}

/** The answer that is given at once. */
function known(resolver: Resolver, name: string): Resolved {
  let result: Resolved | undefined
  resolver.resolve(name, (answer) => {
    result = answer
  })
  assert.ok(result !== undefined, `${name} is not answered at once`)
  return result
}

function message(result: Resolved): string {
  assert.ok(result instanceof Error, `resolved to ${result}`)
  return result.message
}
