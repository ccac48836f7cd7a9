import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { VersionLimits } from 'router-sdk/sandbox'
import { ask, closeText, failed, LIMITS, question, version, WatchedSandbox } from '../sandbox/sandboxes.ts'

const HOST = join(dirname(fileURLToPath(import.meta.url)), 'hosts', 'taken-over.ts')
const MiB = 1_048_576
const limits = { ...LIMITS, decisionDeadline: 150, hostMemory: 256 * MiB }

async function taken(behaviour: string, flag = '', more: Partial<VersionLimits> = {}): Promise<WatchedSandbox> {
  const watched = await WatchedSandbox.start({ command: [process.execPath, HOST, behaviour, flag], limits })
  try {
    await watched.sandbox.load(version(1, '', { router: 'taken', tenant: 'one', limits: more }))
    return watched
  } catch (error) {
    await watched.sandbox.close()
    throw error
  }
}

/** Behaviours that end the host at once, and what is said of it. */
const VIOLATIONS: readonly (readonly [string, RegExp])[] = [
  ['an oversize frame', /a frame of \d+ bytes/],
  ['a gigabyte', /a frame of \d+ bytes/],
  ['bad JSON', /not JSON/],
  ['JSON that is no answer', /a bad table/],
  ['an unknown status', /status 200/],
  ['a wrong id', /answers nothing that was asked/],
  ['an answer where it is only to listen', /only to listen/],
  ['ready a second time', /answers nothing that was asked/],
  ['a frame of the worker’s', /answers nothing that was asked/],
]

for (const [behaviour, says] of VIOLATIONS)
  test(`row 61: a host that sends ${behaviour} is killed at once, and its router has done it`, async () => {
    await using watched = await taken(behaviour)
    const before = process.memoryUsage.rss()
    const [bad, good] = await Promise.all([ask(watched.sandbox, 1, question('attack')), ask(watched.sandbox, 1)])
    assert.equal(failed(bad).failure, 'killed')
    assert.equal(closeText(good), 'well', 'the question behind it is asked again')
    const { loss, detail, router } = await watched.event('host-lost')
    assert.deepEqual([loss, router], ['violation', 'taken'])
    assert.match(detail, says)
    assert.equal((await watched.event('strike')).reason, 'killed')
    assert.ok(process.memoryUsage.rss() - before < 64 * MiB)
  })

test('row 61: a host that sends half a frame and falls silent is killed at its deadline', async () => {
  await using watched = await taken('half a frame')
  assert.equal(failed(await ask(watched.sandbox, 1, question('attack'))).failure, 'killed')
  assert.equal((await watched.event('host-lost')).loss, 'deadline')
  assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
})

for (const behaviour of [
  'a duplicate reply',
  'an answer that nobody asked for',
  'the beginning of one that nobody asked for',
])
  test(`row 61: a host that sends ${behaviour} is killed, and the answer before it stands`, async () => {
    await using watched = await taken(behaviour)
    assert.equal(closeText(await ask(watched.sandbox, 1, question('attack'))), 'well')
    assert.equal((await watched.event('host-lost')).loss, 'violation')
    assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
  })

test('row 61: a host that takes memory when it has nothing to do is killed all the same', async () => {
  await using watched = await taken('memory while nobody looks')
  assert.equal(closeText(await ask(watched.sandbox, 1, question('attack'))), 'well')
  assert.equal((await watched.event('host-lost')).loss, 'memory')
  assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
})

const linux = process.platform === 'linux'
/** Milliseconds: on a busy machine it takes long to burn much. */
const BURNING = 60_000

test('row 62: a host that says that burning the processor cost nothing is killed', { skip: !linux }, async () => {
  await using watched = await taken('CPU time that it does not speak of', '', { cpuPerSecond: 100, cpuBurst: 100 })
  const end = performance.now() + BURNING
  const lost = () => watched.events.find((event) => event.kind === 'host-lost')
  while (lost() === undefined && performance.now() < end) await ask(watched.sandbox, 1, question('attack'))
  const { loss, detail } = await watched.event('host-lost')
  assert.equal(loss, 'cpu')
  assert.match(detail, /\d{3,} ms of CPU time more than it said/)
  assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
})

test('row 62: a host that burns the processor when nobody asks it anything is killed', { skip: !linux }, async () => {
  await using watched = await taken('CPU time when nobody asks')
  assert.equal(closeText(await ask(watched.sandbox, 1, question('attack'))), 'well')
  assert.equal((await watched.event('host-lost', BURNING)).loss, 'cpu')
  assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
})

test('row 61: a stopped host is killed, and what it was asked is asked again', async () => {
  await using watched = await taken('another upstream')
  for (const pid of watched.sandbox.pids) process.kill(pid, 'SIGSTOP')
  const asked = Array.from({ length: 5 }, () => ask(watched.sandbox, 1))
  const replies = await Promise.all(asked)
  // Both the serving host and the spare were stopped: the oldest question is blamed on its router, the others are answered.
  assert.ok(replies.filter(({ kind }) => kind === 'answered').length >= 3, JSON.stringify(replies))
  assert.equal((await watched.event('host-lost')).loss, 'deadline')
})

test('row 62: what a host says of a router is that router’s answer and no other’s', async () => {
  await using watched = await taken('another upstream')
  await watched.sandbox.load(version(2, '', { router: 'other' }))
  const [forged, other] = await Promise.all([ask(watched.sandbox, 1, question('attack')), ask(watched.sandbox, 2)])
  assert.equal(
    forged.kind === 'answered' && forged.decision.kind === 'forward' && forged.decision.remote,
    '169.254.169.254:80',
  )
  assert.equal(closeText(other), 'well')
  assert.deepEqual(watched.events, [])
})

test('row 59: a router that crashes its host each time is asked once more elsewhere, gets a strike, and then is not asked', async () => {
  await using watched = await taken('its end')
  const failures: string[] = []
  for (let n = 0; n < 5; n++) {
    const [bad, good] = await Promise.all([ask(watched.sandbox, 1, question('attack')), ask(watched.sandbox, 1)])
    failures.push(failed(bad).failure)
    if (n === 0) assert.equal(closeText(good), 'well')
  }
  assert.ok(failures.includes('killed') && failures.at(-1) === 'quarantined', failures.join())
  assert.equal((await watched.event('quarantined')).router, 'taken')
})

for (const [behaviour, says] of [
  ['an answer before it is ready', /answers nothing that was asked/],
  ['another version of the protocol', /protocol version 99/],
] as const)
  test(`row 61: a host that begins with ${behaviour} is killed, and another started`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'taken-over-'))
    try {
      await using watched = await taken(behaviour, join(folder, 'flag'))
      const { loss, detail } = await watched.event('host-lost')
      assert.equal(loss, 'violation')
      assert.match(detail, says)
      assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

test('row 61: a host whose answer never ends is killed at its deadline, with what it has sent', async () => {
  await using watched = await taken('a frame that never ends')
  assert.equal(failed(await ask(watched.sandbox, 1, question('attack'))).failure, 'killed')
  assert.equal((await watched.event('host-lost')).loss, 'deadline')
  assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
})

test('row 61: a host that never asks what it is given does not keep its question for ever', async () => {
  await using watched = await taken('that it would not ask, for ever')
  assert.equal(failed(await ask(watched.sandbox, 1, question('attack'))).failure, 'killed')
  assert.match((await watched.event('host-lost')).detail, /sent elsewhere 9 times/)
  assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
})

test('row 62: a host that says that a decision took an hour has not used up its tenant’s CPU time', async () => {
  await using watched = await taken('an hour of CPU time', '', { cpuPerSecond: 100, cpuBurst: 100 })
  assert.equal(closeText(await ask(watched.sandbox, 1, question('attack'))), 'well')
  const asked = performance.now()
  assert.equal(closeText(await ask(watched.sandbox, 1)), 'well')
  assert.ok(performance.now() - asked < 3000)
})
