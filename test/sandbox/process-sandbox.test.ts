import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LoadedHost } from '../../sdk/src/sandbox/loaded-host.ts'
import { DEAF } from '../hostile/deaf.ts'
import { kill } from '../kit/pointsman.ts'
import { until, within } from '../kit/wait.ts'
import {
  ask,
  closeText,
  failed,
  hostCommand,
  LIMITS,
  question,
  removeHostProgram,
  routing,
  said,
  version,
  WatchedSandbox,
} from './sandboxes.ts'

after(removeHostProgram)

const TAKEN_OVER = join(dirname(fileURLToPath(import.meta.url)), '..', 'hostile', 'hosts', 'taken-over.ts')

/** A file that is there once it is raised: how a test tells programs that they start from now on in another world. */
class Flag implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pointsman-flag-'))
  readonly path: string = join(this.#folder, 'raised')

  raise(): void {
    writeFileSync(this.path, '')
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

const good = version(1, routing("return { close: 'good ' + conn.text }"), { router: 'good' })
const deaf = version(2, routing(`if (conn.text === 'attack') ${DEAF}; return { close: 'well' }`), {
  router: 'deaf',
  limits: { decisionTime: 20 },
})
const limits = { ...LIMITS, decisionDeadline: 150 }

test('20 SIGKILLs of hosts under load lose no answer and change none', async () => {
  await using watched = await WatchedSandbox.start({ hosts: 2 })
  const { sandbox } = watched
  await sandbox.load(good)
  const answers: Promise<string>[] = []
  const askMore = (): void => {
    for (let n = 0; n < 50; n++) answers.push(said(sandbox, 1, question(String(answers.length))))
  }
  for (let kills = 0; kills < 20; kills++) {
    const [victim = -1] = await until('a host and one that is left', () =>
      sandbox.pids.length >= 2 ? sandbox.pids : undefined,
    )
    askMore()
    kill(victim)
    askMore()
    await answers.at(-1)
  }
  const texts = await within('all answers', Promise.all(answers))
  for (const [n, text] of texts.entries()) assert.equal(text, `good ${n}`)
  assert.deepEqual(
    watched.events.filter(({ kind }) => kind === 'strike'),
    [],
  )
})

test('a question that kills its host is the culprit, and those behind it are asked again', async () => {
  await using watched = await WatchedSandbox.start({ limits })
  await watched.sandbox.load(good)
  await watched.sandbox.load(deaf)
  const [bad, ...others] = await Promise.all([
    ask(watched.sandbox, 2, question('attack')),
    ...Array.from({ length: 10 }, () => said(watched.sandbox, 1)),
    said(watched.sandbox, 2),
  ])
  assert.equal(failed(bad).failure, 'killed')
  assert.deepEqual(others, [...Array(10).fill('good x'), 'well'])
  const { loss, router } = await watched.event('host-lost')
  assert.deepEqual([loss, router], ['deadline', 'deaf'])
  assert.deepEqual(watched.events.filter(({ kind }) => kind === 'strike').length, 1)
  assert.deepEqual(
    watched.events.flatMap((event) => (event.kind === 'limited' ? [event.limit] : [])),
    ['decisionTime'],
  )
})

test('a question whose host somebody killed is asked once more, and its router gets no strike', async () => {
  await using watched = await WatchedSandbox.start()
  await watched.sandbox.load(version(1, routing('return { close: "done" }')))
  for (const pid of watched.sandbox.pids) process.kill(pid, 'SIGSTOP') // it has the question, and cannot answer it
  const answer = ask(watched.sandbox, 1)
  for (const pid of watched.sandbox.pids) kill(pid)
  assert.equal(closeText(await answer), 'done')
  assert.deepEqual(
    watched.events.filter(({ kind }) => kind !== 'host-lost'),
    [],
  )
})

test('the spare takes over at once, and another spare is started', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(good)
  const [serving = -1, spare = -1] = sandbox.pids
  kill(serving)
  await until('the killed host to be gone', () => (sandbox.pids.includes(serving) ? undefined : true))
  assert.equal(await said(sandbox, 1), 'good x')
  assert.ok(sandbox.pids.includes(spare))
  await until(
    'another spare',
    () => (sandbox.pids.length === 2 ? true : undefined),
    () => sandbox.pids,
  )
})

test('a host that is lost while it measures costs the measure, and nobody an answer or a strike', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(good)
  assert.ok(((await sandbox.measure(1)) ?? 0) > 0)
  for (const pid of sandbox.pids) process.kill(pid, 'SIGSTOP')
  const measured = sandbox.measure(1)
  const asked = said(sandbox, 1)
  for (const pid of sandbox.pids) kill(pid)
  assert.equal(await within('a measure', measured), undefined)
  assert.equal(await asked, 'good x')
  assert.deepEqual(sandbox.standings(), [])
})

test('with two hosts one that hangs delays only what was asked of it', async () => {
  await using watched = await WatchedSandbox.start({
    hosts: 2,
    limits: { ...LIMITS, decisionDeadline: 2000 },
  })
  await watched.sandbox.load(good)
  await watched.sandbox.load(deaf)
  const bad = ask(watched.sandbox, 2, question('attack'))
  const started = performance.now()
  for (let n = 0; n < 20; n++) assert.equal(await said(watched.sandbox, 1), 'good x')
  assert.ok(performance.now() - started < 1500, `${performance.now() - started} ms`)
  assert.equal(failed(await bad).failure, 'killed')
})

test('when no host can be had any more, questions are answered as unavailable within seconds', async () => {
  using flag = new Flag()
  const command = ['/bin/sh', '-c', 'test ! -e "$0" && exec "$@"', flag.path, ...(await hostCommand())]
  await using watched = await WatchedSandbox.start({ command })
  await watched.sandbox.load(good)
  flag.raise()
  for (const pid of watched.sandbox.pids) process.kill(pid, 'SIGTERM')
  const started = performance.now()
  const replies = await Promise.all(Array.from({ length: 5 }, () => ask(watched.sandbox, 1)))
  for (const reply of replies) assert.match(failed(reply).failure, /unavailable|killed/)
  assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms`)
})

test('a router with strikes is asked of the penalty host, where it costs its neighbours nothing', async () => {
  await using watched = await WatchedSandbox.start({
    limits,
    strikes: { limit: 99, window: 60_000, quarantine: 1000, quarantineMax: 1000 },
  })
  const { sandbox } = watched
  await sandbox.load(good)
  await sandbox.load(deaf)
  await ask(sandbox, 2, question('attack'))
  const hosts = new Set(sandbox.pids)
  await until('hosts to be complete', () => (sandbox.pids.length >= 2 ? true : undefined))
  assert.equal(await said(sandbox, 2), 'well')
  assert.ok(sandbox.pids.length >= 3, `a penalty host beside ${[...hosts].join()}: ${sandbox.pids.join()}`)
  const from = watched.events.length
  const attack = ask(sandbox, 2, question('attack'))
  const started = performance.now()
  for (let n = 0; n < 20; n++) assert.equal(await said(sandbox, 1), 'good x')
  assert.ok(performance.now() - started < 1000)
  assert.equal(failed(await attack).failure, 'killed')
  assert.equal(watched.events.slice(from).filter(({ kind }) => kind === 'host-lost').length, 1)
})

test('a version that kills its host when it is loaded again keeps no host from serving', async () => {
  using flag = new Flag()
  const command = [process.execPath, TAKEN_OVER, 'loading', flag.path]
  await using watched = await WatchedSandbox.start({ command, limits })
  const { sandbox } = watched
  await sandbox.load(version(1, ''))
  await sandbox.load(version(3, 'moody', { router: 'moody', limits: { loadTime: 100 } }))
  flag.raise()
  for (const pid of sandbox.pids) kill(pid)
  assert.equal((await watched.event('strike')).router, 'moody')
  for (let n = 0; n < 10; n++) assert.equal(await said(sandbox, 1), 'well')
  await until('two hosts that last', () => (sandbox.pids.length >= 2 ? true : undefined))
  // Two hosts were started at the same time, and each may have loaded it before it was known.
  assert.ok(watched.events.filter(({ kind }) => kind === 'strike').length <= 2, JSON.stringify(watched.events))
})

test('timers of many questions that fall due at once do no harm', async () => {
  await using watched = await WatchedSandbox.start({
    limits: { ...LIMITS, decisionDeadline: 5000 },
  })
  const { sandbox } = watched
  await sandbox.load({ ...good, limits: { ...good.limits, decisionTime: 1000 } })
  const pids = sandbox.pids
  const started = performance.now()
  for (let turn = 0; turn < 12; turn++)
    await Promise.all(Array.from({ length: 2500 }, (_, n) => said(sandbox, 1, question(`${n}`))))
  const last = performance.now()
  await until('all timers to have been due', () => (performance.now() > last + 1100 ? true : undefined))
  assert.equal(await said(sandbox, 1), 'good x')
  assert.deepEqual(sandbox.pids, pids, `${Math.round(last - started)} ms for 30,000 questions`)
})

test('a question that timed out is asked once more, apart: the first such of a router is no strike when it ends well there, the second is', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  // Each isolate counts for itself: the penalty host's answers the first question that it is asked.
  const code = routing("n += 1; while (n % 2 === 0) {} return { close: 'question ' + n }", 'let n = 0')
  await sandbox.load(version(3, code, { router: 'uneven' }))
  const strikes = () => watched.events.filter(({ kind }) => kind === 'strike')
  assert.equal(await said(sandbox, 3), 'question 1')
  assert.equal(await said(sandbox, 3), 'question 1')
  assert.deepEqual(strikes(), [])
  const { router, strikes: count } = await until('a strike', async () => {
    await ask(sandbox, 3)
    return watched.events.find((event) => event.kind === 'strike')
  })
  assert.deepEqual([router, count], ['uneven', 1])
})

test('a question that times out apart as well is a strike, the first of its router already', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(version(4, routing('for (;;) {}'), { router: 'looping' }))
  assert.equal(failed(await ask(sandbox, 4)).failure, 'timeout')
  assert.deepEqual(
    watched.events.map((event) => (event.kind === 'strike' ? event.strikes : event.kind)),
    [1],
  )
})

test('a version that was struck in the spare is loaded anew there, and in no host on which others wait', async (context) => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  const code = routing("if (conn.text === 'loop') for (;;);\nreturn { close: conn.text }")
  await sandbox.load(version(1, code, { tenant: 'acme' }))
  const loads = context.mock.method(LoadedHost.prototype, 'load')
  const replies = await Promise.all(['loop', 'a', 'b'].map((text) => ask(sandbox, 1, question(text))))
  assert.deepEqual(
    replies.map(({ kind }) => kind),
    ['failed', 'answered', 'answered'],
  )
  const roles = loads.mock.calls.map(({ this: host }) => (host as LoadedHost).role)
  assert.ok(roles.includes('spare') && !roles.includes('serving'), roles.join())
})
