import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DEAF } from '../hostile/deaf.ts'
import { kill } from '../kit/pointsman.ts'
import { until } from '../kit/wait.ts'
import {
  ask,
  bundle,
  failed,
  LIMITS,
  question,
  removeHostProgram,
  routing,
  said,
  version,
  WatchedSandbox,
} from './sandboxes.ts'

after(removeHostProgram)

/** Some 15 ms of CPU time. */
const DEAR = 'for (let n = 0; n < 1.5e7; n++); return { close: "dear" }'
const good = version(1, routing("return { close: 'good' }"), { router: 'good/web', tenant: 'good' })

/** Less room than elsewhere: a question waits 5 s at most while the hosts before it are lost. */
const SOON = { ...LIMITS, decisionDeadline: 150 }

function deaf(id: number, router: string): ReturnType<typeof version> {
  const code = routing(`if (conn.text === 'attack') ${DEAF}; return { close: 'well' }`)
  const tenant = router.split('/')[0] ?? ''
  return version(id, code, { router, tenant, cordon: 'untrusted', limits: { decisionTime: 20 } })
}

test('a flood of dear decisions delays a neighbour by the one that has begun, not by those that wait', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(good)
  // Not so dear that they are asked apart.
  await sandbox.load(version(2, routing(DEAR.replace('1.5e7', '4e6')), { router: 'flood/web', tenant: 'flood' }))
  // New versions are asked of the spare: what another process gets of the processor meanwhile says nothing of this queue.
  for (let n = 0; n < 3; n++) for (const id of [1, 2]) await said(sandbox, id)
  let answers = 0
  const flood = Array.from({ length: 100 }, () => ask(sandbox, 2).then(() => (answers += 1)))
  const between: number[] = []
  for (let n = 0; n < 15; n++) {
    const before = answers
    assert.equal(await said(sandbox, 1), 'good')
    between.push(answers - before)
  }
  assert.ok(answers < 100, 'the flood is over before its neighbour was asked')
  assert.ok(Math.max(...between) <= 2, `hostile decisions made while the neighbour waited: ${between.join()}`)
  await Promise.all(flood)
})

test('the load of a tenant waits for one other at most, however many ten tenants have waiting', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  let ended = 0
  const storm = Array.from({ length: 200 }, (_, index) => {
    const tenant = `storm${index % 10}`
    const code = routing(`return { close: '${index}' }`)
    return sandbox.load(version(100 + index, code, { router: `${tenant}/${index}`, tenant })).then(() => (ended += 1))
  })
  await until('the storm to be on', () => (ended >= 20 ? true : undefined))
  const between: number[] = []
  for (let n = 0; n < 3; n++) {
    const before = ended
    await sandbox.load(
      version(n + 1, routing("return { close: 'good' }"), { router: `good${n}/web`, tenant: `good${n}` }),
    )
    between.push(ended - before)
  }
  assert.ok(ended < 200, 'the storm is over before its neighbours were loaded')
  assert.ok(Math.max(...between) <= 2, `loads of others that ended before: ${between.join()}`)
  await Promise.all(storm)
})

test('a router whose decisions take long is asked apart', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(good)
  const slow = routing(DEAR.replace('1.5e7', '6e7'))
  await sandbox.load(version(2, slow, { router: 'slow/web', tenant: 'slow', limits: { decisionTime: 1000 } }))
  const apart = () => sandbox.hostsOf('operator').filter(({ role }) => role === 'penalty')
  for (let n = 0; n < 50 && apart().length === 0; n++) assert.equal(await said(sandbox, 2), 'dear')
  assert.equal(apart().length, 1)
  let answers = 0
  const flood = Array.from({ length: 30 }, () => ask(sandbox, 2).then(() => (answers += 1)))
  for (let n = 0; n < 5; n++) assert.equal(await said(sandbox, 1), 'good')
  assert.ok(answers < 10, `${answers} slow decisions were made meanwhile`)
  await Promise.all(flood)
})

test('a tenant that turns dear at once delays a neighbour by what was on its way, which is little', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(good)
  const code = routing(`if (conn.text === 'dear') { ${DEAR} } return { close: 'cheap' }`)
  await sandbox.load(version(2, code, { router: 'flood/web', tenant: 'flood' }))
  for (let n = 0; n < 300; n++) await said(sandbox, 2)
  let answers = 0
  const flood = Array.from({ length: 40 }, () => ask(sandbox, 2, question('dear')).then(() => (answers += 1)))
  assert.equal(await said(sandbox, 1), 'good')
  assert.ok(answers <= 9, `${answers} hostile decisions first`)
  await Promise.all(flood)
})

test('a tenant that has used up its CPU time waits for it, and its neighbours do not', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(good)
  const spent = { cpuPerSecond: 100, cpuBurst: 10 }
  await sandbox.load(version(2, routing(DEAR), { router: 'busy/web', tenant: 'busy', limits: spent }))
  const started = performance.now()
  let neighbour = 0
  const answers = Array.from({ length: 8 }, () => ask(sandbox, 2).then(({ cpu }) => ({ cpu, neighbour })))
  const { tenant, limit } = await watched.event('limited')
  assert.deepEqual([tenant, limit], ['busy', 'cpuPerSecond'])
  for (; neighbour < 50; neighbour++) assert.equal(await said(sandbox, 1), 'good')
  const made = await Promise.all(answers)
  const used = made.slice(0, -1).reduce((sum, { cpu }) => sum + cpu / 1000, 0)
  const took = performance.now() - started
  assert.ok(took >= ((used - spent.cpuBurst) * 1000) / spent.cpuPerSecond - 20, `${took} ms for ${used} ms of CPU time`)
  assert.equal(made.at(-1)?.neighbour, 50, 'its neighbour was asked meanwhile')
})

test('the wall time of a decision that cost its host is charged to its tenant', async () => {
  await using watched = await WatchedSandbox.start()
  const hostile = deaf(2, 'hostile/web')
  await watched.sandbox.load({
    ...hostile,
    limits: { ...hostile.limits, decisionTime: 100, cpuPerSecond: 500, cpuBurst: 50 },
  })
  const [killed, next] = [ask(watched.sandbox, 2, question('attack')), said(watched.sandbox, 2)]
  assert.equal(failed(await killed).failure, 'killed')
  const since = performance.now()
  assert.equal(await next, 'well')
  assert.ok(
    performance.now() - since > 500,
    `asked again ${performance.now() - since} ms after 600 ms with 500 a second`,
  )
  assert.equal((await watched.event('limited')).tenant, 'hostile')
})

test('hosts are a cordon’s own: one that is killed leaves those of others alone, and they go with its last version', async () => {
  await using watched = await WatchedSandbox.start({ cordonLinger: 50 })
  const { sandbox } = watched
  const cordons = ['operator', 'trusted', 'untrusted', 'untrusted:acme']
  const code = routing(`if (conn.text === 'attack') ${DEAF}; return { close: 'well' }`)
  const pidsOf = (cordon: string): number[] => sandbox.hostsOf(cordon).map(({ pid }) => pid)
  const whole = (cordon: string): Promise<number[]> =>
    until(`the hosts of ${cordon}`, () => (pidsOf(cordon).length === 2 ? pidsOf(cordon) : undefined))
  for (const [id, cordon] of cordons.entries()) await sandbox.load(version(id, code, { cordon, tenant: cordon }))
  const before = await Promise.all(cordons.map(whole))
  assert.equal(new Set(before.flat()).size, 8, JSON.stringify(before))
  const answers = await Promise.all(cordons.map((_, id) => ask(sandbox, id, question(id === 2 ? 'attack' : 'x'))))
  assert.deepEqual(
    answers.map(({ kind }) => kind),
    ['answered', 'answered', 'failed', 'answered'],
  )
  const { pid } = await watched.event('host-lost')
  assert.ok(before[2]?.includes(pid), JSON.stringify([before, watched.events]))
  for (const at of [0, 1, 3]) assert.deepEqual(pidsOf(cordons[at] ?? ''), before[at])
  sandbox.unload(3)
  await until('the hosts of the last cordon to go', () => (pidsOf('untrusted:acme').length === 0 ? true : undefined))
  await sandbox.load(version(4, code, { cordon: 'untrusted:acme' }))
  assert.equal(await said(sandbox, 4), 'well')
})

test('a router that was slow is asked in one host apart, one that costs hosts in another', async () => {
  const strikes = { limit: 99, window: 60_000, quarantine: 1000, quarantineMax: 1000 }
  await using watched = await WatchedSandbox.start({ limits: SOON, strikes })
  const { sandbox } = watched
  await sandbox.load({ ...good, cordon: 'untrusted' })
  await sandbox.load(deaf(2, 'killer/web'))
  const slow = routing("if (conn.text === 'loop') for (;;); return { close: 'quick' }")
  await sandbox.load(
    version(3, slow, { router: 'slow/web', tenant: 'slow', cordon: 'untrusted', limits: { decisionTime: 30 } }),
  )
  assert.equal(failed(await ask(sandbox, 3, question('loop'))).failure, 'timeout')
  assert.equal(failed(await ask(sandbox, 2, question('attack'))).failure, 'killed')
  assert.deepEqual(
    sandbox.standings().map(({ router, standing, strikes }) => ({ router, standing, strikes })),
    [
      { router: 'slow/web', standing: 'penalty', strikes: 1 },
      { router: 'killer/web', standing: 'cell', strikes: 1 },
    ],
  )
  assert.equal(await said(sandbox, 3), 'quick')
  const hostOf = (role: string) => sandbox.hostsOf('untrusted').find((host) => host.role === role)
  const penalty = hostOf('penalty')?.pid
  assert.equal(await said(sandbox, 2), 'well')
  const cell = hostOf('cell')?.pid
  assert.ok(penalty !== undefined && cell !== undefined && penalty !== cell)
  assert.equal(failed(await ask(sandbox, 2, question('attack'))).failure, 'killed')
  assert.equal(await said(sandbox, 3), 'quick')
  assert.equal(hostOf('penalty')?.pid, penalty)
  assert.notEqual(hostOf('cell')?.pid, cell)
})

test('a new version of a tenant is first asked where it can cost nobody anything', async () => {
  await using watched = await WatchedSandbox.start({ limits: SOON })
  const { sandbox } = watched
  const serving = (): number | undefined => sandbox.hostsOf('untrusted').find(({ role }) => role === 'serving')?.pid
  await sandbox.load({ ...good, cordon: 'untrusted' })
  await sandbox.load(deaf(2, 'killer/web'))
  const first = serving()
  const attacks = Array.from({ length: 20 }, () => ask(sandbox, 2, question('attack')))
  assert.equal(await said(sandbox, 1), 'good')
  const failures = (await Promise.all(attacks)).map((reply) => failed(reply).failure)
  assert.deepEqual(failures, [...Array<string>(3).fill('killed'), ...Array<string>(17).fill('quarantined')])
  assert.equal(serving(), first, 'the host that serves')
})

test('all routers of a tenant stand with the one under which a host was lost', async () => {
  await using watched = await WatchedSandbox.start({ limits: SOON })
  const { sandbox } = watched
  await sandbox.load({ ...good, cordon: 'untrusted' })
  await sandbox.load(deaf(2, 'killer/web'))
  assert.equal(failed(await ask(sandbox, 2, question('attack'))).failure, 'killed')
  await sandbox.load(deaf(3, 'killer/other'))
  const outside = () => sandbox.hostsOf('untrusted').filter(({ role }) => role === 'serving' || role === 'spare')
  const before = await until('a spare', () => (outside().length === 2 ? outside() : undefined))
  assert.equal(failed(await ask(sandbox, 3, question('attack'))).failure, 'killed')
  const pids = (hosts: typeof before) => hosts.map(({ pid }) => pid)
  assert.deepEqual(pids(outside()), pids(before))
  sandbox.release('killer')
  assert.equal(await said(sandbox, 3), 'well')
})

test('what waits of a router is asked where it stands by then: a flood of attacks costs one host that serves', async () => {
  await using watched = await WatchedSandbox.start({ limits: SOON })
  const { sandbox } = watched
  await sandbox.load({ ...good, cordon: 'untrusted' })
  await sandbox.load(deaf(2, 'killer/web'))
  for (let at = 0; at < 3; at++) assert.deepEqual([await said(sandbox, 1), await said(sandbox, 2)], ['good', 'well'])
  const serving = (): number | undefined => sandbox.hostsOf('untrusted').find(({ role }) => role === 'serving')?.pid
  const attacks = Array.from({ length: 20 }, () => ask(sandbox, 2, question('attack')))
  const first = serving()
  assert.equal(await said(sandbox, 1), 'good')
  const second = serving()
  const failures = (await Promise.all(attacks)).map((reply) => failed(reply).failure)
  assert.deepEqual(failures, [...Array<string>(3).fill('killed'), ...Array<string>(17).fill('quarantined')])
  assert.notEqual(second, first)
  assert.equal(serving(), second)
  assert.equal(await said(sandbox, 1), 'good')
})

test('a tenant’s version that loads slowly is asked where no other tenant waits for it', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  const code = bundle("{ route: () => ({ close: 'there' }) }", 'for (let n = 0; n < 6e7; n++);')
  await sandbox.load(
    version(1, code, { tenant: 't', cordon: 'untrusted', limits: { decisionTime: 10, loadTime: 2000 } }),
  )
  assert.equal(await said(sandbox, 1), 'there')
  const held = sandbox.hostsOf('untrusted').filter(({ versions }) => versions > 0)
  assert.deepEqual(
    held.map(({ role }) => role),
    ['penalty'],
  )
})

test('a quarantine ends when its tenant is released, and that of others does not', async () => {
  const strikes = { limit: 1, window: 60_000, quarantine: 60_000, quarantineMax: 60_000 }
  await using watched = await WatchedSandbox.start({ limits: SOON, strikes })
  const { sandbox } = watched
  for (const [id, router] of ['one/web', 'other/web'].entries()) {
    await sandbox.load(deaf(id, router))
    assert.equal(failed(await ask(sandbox, id, question('attack'))).failure, 'killed')
    assert.equal(failed(await ask(sandbox, id)).failure, 'quarantined')
  }
  const [first] = sandbox.standings()
  assert.ok(first?.standing === 'quarantined' && (first.until ?? 0) > Date.now() + 30_000, JSON.stringify(first))
  sandbox.release('one')
  assert.equal(await said(sandbox, 0), 'well')
  assert.equal(failed(await ask(sandbox, 1)).failure, 'quarantined')
  assert.deepEqual(
    sandbox.standings().map(({ router }) => router),
    ['other/web'],
  )
})

test('a host that is killed while tenants wait in its queue loses none of their questions', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  const tenants = Array.from({ length: 20 }, (_, id) => id)
  for (const id of tenants) await sandbox.load(version(id, routing(`return { close: '${id}' }`), { tenant: `t${id}` }))
  const answers = tenants.flatMap((id) =>
    Array.from({ length: 10 }, async () => [id, await said(sandbox, id)] as const),
  )
  for (const { pid, role } of sandbox.hostsOf('operator')) if (role === 'serving') kill(pid)
  for (const [id, text] of await Promise.all(answers)) assert.equal(text, String(id))
})
