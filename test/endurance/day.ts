import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, freePort } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { Holdings, KINDS, type Reading, table } from './day/holding.ts'
import { Life } from './day/life.ts'
import { HEAD, Tenant } from './day/tenant.ts'

export interface DayOptions {
  readonly tenants: number
  /** How long each of two days is, after a first round of everything. */
  readonly seconds: number
  /** Every so many tenants one attacks. */
  readonly attackerEvery: number
  /** Seconds of rest after each: more than a minute lets go of the hosts that attackers were asked in. */
  readonly rest: number
}

/** Seconds without a change after which the program is taken to be at rest. */
const QUIET = 5
const PATIENCE = 300_000
const KEPT = 20
/** A minute after the last attack no host is kept for it. */
const HOSTS_GO_AFTER = 60
/**
 * MiB of each process that a day may add, after another day of the same: what is cached has its bounds, and was full. Resident
 * memory of sandbox hosts, which cannot be asked, is what isolates that are gone have left in pieces.
 */
const GROWTH = { heap: 2, external: 2, resident: 24 } as const

/**
 * Tenants' lives: they are asked, saved (a tenth of the times broken), taken away and brought back, and some attack, while
 * connections stay. Asserts that every answer is one that its tenant could give, that in the evening everybody serves what it
 * saved last, that no connection is lost, and that after a second day the program holds what it held after the first.
 */
export async function day(t: TestContext, options: DayOptions): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const started = performance.now()
  const say = (words: string) =>
    t.diagnostic(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${words}`)
  const port = await freePort()
  const tenants = Array.from(
    { length: options.tenants },
    (_, at) => new Tenant(`t${at}`, port, at % options.attackerEvery === 1),
  )
  const echo = stack.use(await echoServer('e'))
  const pointsman = stack.use(await start(port, tenants, echo.remote))
  say(`${options.tenants} tenants are served`)
  const life = new Life({ pointsman, port, tenants })
  const kept = await Promise.all(Array.from({ length: KEPT }, () => Client.connect(port)))
  for (const client of kept) await client.write('KEEP\n').receives(/KEEP\n$/)
  const holdings = new Holdings(pointsman)
  const readings = new Map<string, Reading>()
  for (const [name, seconds] of [
    ['a first round', Math.min(30, options.seconds / 4)],
    ['a day', options.seconds],
    ['another day', options.seconds],
  ] as const) {
    await life.goOn(seconds, kept)
    say(`${name}: ${life.done}`)
    readings.set(name, await holdings.atRest({ least: options.rest, quiet: Math.min(QUIET, options.rest) }))
    for (const line of table(readings)) say(line)
    assert.deepEqual(life.wrong, [])
  }
  for (const client of kept) {
    await client.write('still\n').receives(/still\n$/)
    client.destroy()
  }
  const [, before, after] = [...readings.values()]
  assert.ok(before !== undefined && after !== undefined)
  assertSame(before, after, options.rest > HOSTS_GO_AFTER)
}

async function start(port: number, tenants: readonly Tenant[], remote: string): Promise<Pointsman> {
  const pointsman = await Pointsman.start({
    routers: {
      operator: `${HEAD} route: (conn) => (conn.text.includes('\\n') ? { remote: '${remote}' } : { noop: true }) })\n`,
      ...Object.fromEntries(tenants.map((tenant) => [tenant.router, tenant.source()])),
    },
    config: {
      listen: { host: '127.0.0.1', port },
      tenants: { defaults: { ports: ['*'], hosts: ['*'], reach: ['127.0.0.0/8:*'] } },
      idleVersion: 5000,
    },
    expect: ['operator'],
    wrapper: ['env', 'NODE_OPTIONS=--inspect-port=0'],
  })
  await until(
    'all tenants to be served',
    () => pointsman.lines.find(({ msg }) => msg === 'pointsman serves'),
    () => pointsman.lines.slice(-3),
    PATIENCE,
  )
  return pointsman
}

/** `exactly`: no host is there that will be gone in a while. */
function assertSame(before: Reading, after: Reading, exactly: boolean): void {
  for (const kind of KINDS) {
    const [one, other] = [before[kind], after[kind]]
    if (kind === 'host' && !exactly) continue
    assert.equal(other.processes, one.processes, `processes: ${kind}`)
    // The Go runtime starts threads as it sees fit.
    if (kind !== 'esbuild') assert.equal(other.threads, one.threads, `threads: ${kind}`)
    if (kind !== 'worker' || exactly) assert.equal(other.descriptors, one.descriptors, `descriptors: ${kind}`)
    const grown = (what: keyof typeof GROWTH) => (other[what] ?? 0) - (one[what] ?? 0)
    for (const what of ['heap', 'external', 'resident'] as const)
      assert.ok(
        grown(what) < GROWTH[what] * Math.max(1, one.processes),
        `${what} of ${kind}: ${grown(what).toFixed(1)} MiB more than a day before`,
      )
  }
}
