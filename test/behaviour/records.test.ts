import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import type { Client } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { FATAL_CONFIG, FATAL_ROUTER, FATES, type Fate, Upstreams } from './fates.ts'
import { dictate } from './puppet.ts'

let p: Pointsman
let port: number
let upstreams: Upstreams

before(async () => {
  upstreams = await Upstreams.start()
  p = await Pointsman.start({ routers: { puppet: FATAL_ROUTER }, config: FATAL_CONFIG })
  port = await p.served('puppet')
})

after(async () => {
  await p?.stop()
  await upstreams?.[Symbol.asyncDispose]()
})

const NO_UPSTREAM = { upstream: undefined, address: undefined, attempts: 0, bytesUp: 0, connectMs: 0 }
const UNDECIDED = { decision: 'none', bytesDown: 0, ...NO_UPSTREAM }

/** What each fate's record has beside the facts that all records have. */
function expected(): Record<string, Record<string, unknown>> {
  const { echo, mute, brief, resetting, refused } = upstreams
  const to = (remote: string) => ({ decision: 'forward', upstream: remote, address: remote, attempts: 1, questions: 1 })
  return {
    'router-closed': { ...NO_UPSTREAM, decision: 'close', bytesDown: 3, questions: 1 },
    'router-failed': { ...UNDECIDED, failure: 'bad-answer', bytesDown: 6, questions: 1 },
    'client-end': { ...to(echo.remote), bytesUp: 4, bytesDown: 4 },
    'upstream-end': { ...to(brief.remote), bytesUp: 4, bytesDown: 5 },
    'upstream-reset': { ...to(resetting.remote), bytesUp: 4, bytesDown: 0 },
    'client-reset': { ...to(echo.remote), bytesUp: 4, bytesDown: 4 },
    'connect-failed': { ...to(refused), attempts: 2, bytesUp: 0, bytesDown: 0 },
    'client-left': UNDECIDED,
    'preread-full': UNDECIDED,
    'preread-timeout': { ...UNDECIDED, questions: 2 },
    'inactivity-timeout': { ...to(mute.remote), bytesUp: 4, bytesDown: 0 },
    'idle-timeout': { ...to(mute.remote), bytesUp: 4, bytesDown: 0 },
    'drain-forced': { ...to(echo.remote), bytesUp: 4, bytesDown: 4 },
  }
}

interface Serving {
  readonly p: Pointsman
  readonly port: number
}

/** Everything that must hold for a record, whatever became of its connection. */
function assertPlausible(record: LogLine, client: Client, reason: string, at: Serving = { p, port }): void {
  const { id, listener, router, version, bundle, pid, worker, level, time, msg } = record
  assert.match(String(id), /^0-[0-9a-z]+$/)
  assert.deepEqual(
    { listener, router, version, worker, level, msg, client: record.client, pid, reason: record.reason },
    {
      listener: `127.0.0.1:${at.port}`,
      router: 'puppet',
      version: 1,
      worker: 0,
      level: 30,
      msg: 'connection',
      client: `127.0.0.1:${client.port}`,
      pid: at.p.workerPids[0] ?? pid,
      reason,
    },
  )
  assert.match(String(bundle), /^[0-9a-f]{12}$/)
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000, `time ${time}`)
  assert.equal(record.lookups, 0)
  const { prereadMs, decisionMs, connectMs, durationMs } = record
  const times = [prereadMs, decisionMs, connectMs, durationMs].map(Number)
  assert.ok(
    times.every((ms) => ms >= 0 && ms < 60_000),
    `times ${times}`,
  )
  assert.ok(Number(decisionMs) > 0)
  const parts = Number(prereadMs) + Number(decisionMs) + Number(connectMs)
  assert.ok(parts <= Number(durationMs) + 1, `${parts} ms of parts in ${durationMs} ms`)
  assert.ok(Number(record.prereadBytes) > 0 && Number(record.questions) >= 1)
}

function assertHas(record: LogLine, facts: Record<string, unknown>): void {
  assert.deepEqual(Object.fromEntries(Object.keys(facts).map((key) => [key, record[key]])), facts)
}

describe('the access record', { concurrency: true }, () => {
  for (const [reason, fate] of Object.entries(FATES))
    it(`of a connection that ended by ${reason} says everything`, async () => {
      const client = await fate(port, upstreams)
      const record = await p.record(client)
      assertPlausible(record, client, reason)
      assertHas(record, expected()[reason] ?? {})
      assert.equal(p.lines.filter((line) => line.msg === 'connection' && line.id === record.id).length, 1)
    })

  it('measures what took time', async () => {
    const [timeout, failed] = await Promise.all(
      ['preread-timeout', 'connect-failed'].map(async (reason) => p.record(await fateOf(reason)(port, upstreams))),
    )
    const untilDecided = Number(timeout?.prereadMs) + Number(timeout?.decisionMs)
    assert.ok(untilDecided >= 990, `${untilDecided} ms until the decision`)
    assert.ok(Number(failed?.connectMs) >= 10, `${failed?.connectMs} ms to connect`)
  })
})

describe('access records', () => {
  it('are exactly one for each of 1,000 connections of mixed fates', async () => {
    const names = Object.keys(FATES)
    const from = p.lines.length
    const wanted = new Map<string, number>()
    const lives = Array.from({ length: 1000 }, (_, at) => names[(at * 7) % names.length] ?? '')
    for (const name of lives) wanted.set(name, (wanted.get(name) ?? 0) + 1)
    const next = lives.values()
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        for (const name of next) await fateOf(name)(port, upstreams)
      }),
    )
    const all = () => p.lines.slice(from).filter(isRecord)
    await until(
      'a thousand records',
      () => all().length >= 1000 || undefined,
      () => all().length,
    )
    const seen = new Map<string, number>()
    for (const { reason } of all()) seen.set(String(reason), (seen.get(String(reason)) ?? 0) + 1)
    assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(wanted))
    assert.equal(new Set(all().map(({ id }) => id)).size, 1000)
  })

  it('of connections that a drain ended say so, and none is missing at the end', async () => {
    await using draining = await Pointsman.start({ routers: { puppet: FATAL_ROUTER }, config: FATAL_CONFIG })
    const at = { p: draining, port: await draining.served('puppet') }
    const open = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const client = await dictate(at.port, { remote: upstreams.echo.remote, data: 'data' })
        await client.receives(/^data$/)
        return client
      }),
    )
    draining.signal('SIGTERM')
    assert.equal((await draining.exited()).code, 1)
    for (const client of open) {
      const record = await draining.record(client)
      assertPlausible(record, client, 'drain-forced', at)
      assertHas(record, expected()['drain-forced'] ?? {})
    }
    assert.equal(draining.lines.filter(isRecord).length, 20)
  })
})

function fateOf(reason: string): Fate {
  const fate = FATES[reason]
  if (fate === undefined) throw new Error(`no fate leads to ${reason}`)
  return fate
}

function isRecord({ msg }: LogLine): boolean {
  return msg === 'connection'
}
