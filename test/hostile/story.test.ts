import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { kill, type LogLine, Pointsman } from '../kit/pointsman.ts'
import { Client, exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { Arena } from './arena.ts'
import { TURNCOAT } from './turncoat.ts'

/** A tenant's, which shares its hosts with the neighbour. */
const BAD = 'evil/bad'

test('strikes lead to the penalty host, to quarantine, to a longer one, and a new version leads out of it', async () => {
  const strikes = { limit: 2, window: 60_000, quarantine: 300, quarantineMax: 60_000 }
  await using arena = await Arena.start({ [BAD]: TURNCOAT }, { config: { strikes } })
  const { pointsman } = arena
  const port = await pointsman.served(BAD)
  assert.equal((await arena.attack(BAD)).outcome, 'K')
  assert.equal(await exchange(port, 'x'), 'well x', 'the penalty host asks it')
  const hosts = pointsman.hostPids.length
  assert.ok(hosts >= 3, `${hosts} hosts: one that serves, a spare, a penalty host`)
  assert.equal((await arena.attack(BAD)).outcome, 'K')
  const first = await pointsman.line(
    'the quarantine',
    ({ msg, router }) => msg === 'router quarantined' && router === BAD,
  )
  assert.equal(first.milliseconds, 300)
  const client = await Client.connect(port)
  await client.write('x').rest()
  const record = await pointsman.record(client)
  client.destroy()
  assert.ok(record.failure === 'quarantined' || record.failure === undefined, String(record.failure))
  await until('the quarantine to end', async () => ((await exchange(port, 'x')) === 'well x' ? true : undefined))
  const from = pointsman.lines.length
  assert.equal((await arena.attack(BAD)).outcome, 'K')
  const second = await pointsman.line('the next quarantine', ({ msg }) => msg === 'router quarantined', from)
  assert.equal(second.milliseconds, 600)
  pointsman.write(BAD, TURNCOAT.replaceAll('well', 'better'))
  await pointsman.served(BAD, 2)
  assert.equal(await exchange(port, 'x'), 'better x')
  await arena.finish()
})

test('row 59: a router that kills its host at each question keeps nobody from being served', async () => {
  await using arena = await Arena.start({ [BAD]: TURNCOAT }, { config: { strikes: { limit: 1000, quarantine: 10 } } })
  const port = await arena.pointsman.served(BAD)
  const attackers = Array.from({ length: 30 }, async () => {
    const client = await Client.connect(port)
    await client.write('attack').rest(60_000)
    client.destroy()
  })
  let asked = 0
  let done = false
  void Promise.all(attackers).finally(() => (done = true))
  let worst = 0
  while (!done && asked < 2000) {
    const started = performance.now()
    assert.equal(await arena.good(String(asked)), `good ${asked}`)
    worst = Math.max(worst, performance.now() - started)
    asked += 1
  }
  await Promise.all(attackers)
  assert.ok(asked > 20, `${asked} good answers meanwhile`)
  assert.ok(worst < 2000, `the slowest took ${worst} ms`)
  await arena.finish()
})

test('row 60: 200 saves in a burst end with the last one, and a neighbour is served throughout', async () => {
  await using arena = await Arena.start({ 'evil/busy': TURNCOAT.replace('well', 'save 0') })
  const { pointsman } = arena
  const port = await pointsman.served('evil/busy')
  for (let save = 1; save <= 200; save++) {
    pointsman.write('evil/busy', TURNCOAT.replace('well', `save ${save}`))
    if (save % 20 === 0) assert.equal(await arena.good('burst'), 'good burst')
  }
  await until('the last save to serve', async () => ((await exchange(port, 'x')) === 'save 200 x' ? true : undefined))
  await arena.unharmed()
  await arena.finish()
})

test('row 60: a version that fails only from its second question on was accepted, and fails by name', async () => {
  const canary = `// @ts-nocheck
import { defineRouter } from 'router-sdk'
let asked = 0
export default defineRouter({ memo: false, route: () => { if (++asked > 1) throw new Error('second thoughts'); return { noop: true } } })
`
  await using arena = await Arena.start({ 'evil/canary': canary })
  const port = await arena.pointsman.served('evil/canary')
  const failed = ({ msg, router }: LogLine) => msg === 'router failed' && router === 'evil/canary'
  // Each visit is two questions, the last when its client has ended; an isolate made anew in between starts to count again.
  const line = await until('its error', async () => {
    await exchange(port, 'x')
    return arena.pointsman.lines.find(failed)
  })
  assert.match(String(line.message), /second thoughts/)
  assert.equal(line.failure, 'threw')
  assert.equal(line.at, 'evil/canary.ts:4:82')
  await arena.unharmed()
  await arena.finish()
})

for (const victim of ['supervisor', 'worker'] as const)
  test(`row 64: hosts end with their ${victim}, one in a loop that hears nothing as well`, async () => {
    const config = { router: { decisionDeadline: 60_000 }, drainTime: 100 }
    await using pointsman = await Pointsman.start({ routers: { bad: TURNCOAT }, config })
    const client = await Client.connect(await pointsman.served('bad'))
    const [worker = -1] = pointsman.workerPids
    const hosts = pointsman.hostPids
    assert.equal(hosts.length, 2)
    const before = hosts.map(cpuTime)
    client.write('attack')
    await until('a host to be in the loop', () =>
      hosts.some((pid, at) => cpuTime(pid) - (before[at] ?? 0) > 2e8) ? true : undefined,
    )
    client.reset() // or an orphaned worker would wait for it
    kill(victim === 'supervisor' ? pointsman.pid : worker)
    const gone = victim === 'supervisor' ? [worker, ...hosts] : hosts
    await until(
      'all of them to be gone',
      () => (gone.some(lives) ? undefined : true),
      () => gone.filter(lives),
    )
  })

/** Nanoseconds. */
function cpuTime(pid: number): number {
  return lives(pid) ? Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) : 0
}

function lives(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
}
