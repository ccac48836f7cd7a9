import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, freePort } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { MIB, openDescriptors, percentile, residentBytes } from './proc.ts'

export interface DayOptions {
  readonly tenants: number
  /** How long it goes on, after a first round of everything. */
  readonly seconds: number
  /** Every so many tenants one attacks. */
  readonly attackerEvery: number
  /** Seconds without a change after which it is taken to be at rest: more than a minute lets go of penalty hosts too. */
  readonly rest: number
}

/** What the program holds when it has nothing to do. */
interface Holding {
  readonly hosts: number
  readonly threads: number
  readonly descriptors: number
  readonly mebibytes: number
}

const HEAD = "import { defineRouter } from 'router-sdk'\nexport default defineRouter({ "
const FIRST = 'if (conn.bytes.length === 0) return { noop: true };'
/** Each costs a sandbox host something else; the last is broken in itself. */
const ATTACKS = [
  `${FIRST} for (;;) {}`,
  `${FIRST} const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(all.length))`,
  `${FIRST} [].indexOf.call({ length: 2 ** 53 - 1 }, 1); return { close: true }`,
  `${FIRST} const recurse = (): number => 1 + recurse(); return { close: String(recurse()) }`,
  `${FIRST} throw new Error('x'.repeat(1e5))`,
  `for (let i = 0; i < 100; i++) conn.log('x'.repeat(300)); ${FIRST} return { close: true }`,
  'return { remote: 5 }',
]
const PACE = { visit: 2, save: 25, attack: 20, echo: 100 } as const
const GROWTH = { factor: 1.35, mebibytes: 48 } as const
const PATIENCE = 600_000
/** A penalty host, and a log or a table that is just being read. */
const COMING_AND_GOING = 2

/**
 * Tenants' lives: they are asked, saved (a tenth of the times broken), taken away and brought back, and some attack, while a
 * connection of each of some others stays. Asserts that every answer is one that its tenant could give, that no connection is
 * lost, and that in the end the program holds what it held after a first round.
 */
export async function day(t: TestContext, options: DayOptions): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const echo = stack.use(await echoServer('e'))
  const port = await freePort()
  const tenants = Array.from(
    { length: options.tenants },
    (_, at) => new Tenant(`t${at}`, port, at % options.attackerEvery === 1),
  )
  const pointsman = stack.use(
    await Pointsman.start({
      routers: {
        operator: keeper(echo.remote),
        ...Object.fromEntries(tenants.map((tenant) => [tenant.router, tenant.source()])),
      },
      config: {
        listen: { host: '127.0.0.1', port },
        tenants: { defaults: { ports: ['*'], hosts: ['*'], reach: ['127.0.0.0/8:*'] } },
        idleVersion: 5000,
      },
      expect: ['operator'],
    }),
  )
  await until(
    'all tenants to be served',
    () => pointsman.lines.find(({ msg }) => msg === 'pointsman serves'),
    () => pointsman.lines.slice(-3),
    PATIENCE,
  )
  const life = new Life(pointsman, port, tenants)
  await life.goOn(Math.min(30, options.seconds / 4))
  const before = await settled(pointsman, options.rest)
  const kept = await Promise.all(tenants.slice(0, 20).map(() => Client.connect(port)))
  for (const client of kept) await client.write('KEEP\n').receives(/KEEP\n$/)
  await life.goOn(options.seconds)
  for (const client of kept) {
    await client.write('still\n').receives(/still\n$/)
    client.destroy()
  }
  const after = await settled(pointsman, options.rest)
  life.report(t)
  t.diagnostic(`held: ${JSON.stringify(before)} → ${JSON.stringify(after)}`)
  assert.deepEqual(life.wrong, [])
  assert.ok(after.hosts <= before.hosts + COMING_AND_GOING, 'sandbox hosts')
  assert.ok(after.threads <= before.threads, 'threads')
  assert.ok(after.descriptors <= before.descriptors + COMING_AND_GOING, 'descriptors')
  assert.ok(after.mebibytes < before.mebibytes * GROWTH.factor + GROWTH.mebibytes, 'memory')
}

/** The operator's router, whose connections stay: it has the rest of the port. */
function keeper(remote: string): string {
  return `${HEAD} route: (conn) => (conn.text.includes('\\n') ? { remote: '${remote}' } : { noop: true }) })\n`
}

class Tenant {
  readonly name: string
  readonly attacks: boolean
  /** Every answer that it was ever saved with: a save becomes active a moment later, and may be rolled back. */
  readonly answers = new Set<string>()
  present = true
  readonly #port: number
  #version = 0

  constructor(name: string, port: number, attacks: boolean) {
    this.name = name
    this.#port = port
    this.attacks = attacks
  }

  get router(): string {
    return `${this.name}/r`
  }

  get host(): string {
    return `${this.name}.example`
  }

  /** Its next version. */
  source(): string {
    this.#version += 1
    const begin = `${HEAD} listen: { port: ${this.#port}, hosts: ['${this.host}'] }, route(conn) { const version = ${this.#version}; void version; `
    if (this.attacks) return `${begin} ${ATTACKS[this.#version % ATTACKS.length]} } })\n`
    const answer = `${this.name} ${this.#version}`
    this.answers.add(answer)
    return `${begin} ${FIRST} return { close: '${answer}' } } })\n`
  }

  /** Why an answer is not one that it could give, or `undefined`. */
  wrongIn(answer: string): string | undefined {
    return this.answers.has(answer) ? undefined : `${this.name} answered ${JSON.stringify(answer.slice(0, 200))}`
  }
}

/** Everything that goes on at once. */
class Life {
  /** By client port. */
  readonly #wrong = new Map<number, string>()
  /** Access records that are not of an ordinary answer, by client port. */
  readonly #records = new Map<number, string>()
  readonly #servedSince = new Map<string, number>()
  #linesRead = 0
  readonly #pointsman: Pointsman
  readonly #port: number
  readonly #tenants: readonly Tenant[]
  readonly #visits: number[] = []
  #attacks = 0
  #saves = 0
  #until = 0

  constructor(pointsman: Pointsman, port: number, tenants: readonly Tenant[]) {
    this.#pointsman = pointsman
    this.#port = port
    this.#tenants = tenants
  }

  /** Answers that were none of their tenant's, with the access record. */
  get wrong(): string[] {
    for (const line of this.#pointsman.lines.splice(0)) this.#read(line)
    return [...this.#wrong].map(([port, wrong]) => `${wrong} ${this.#records.get(port)}`)
  }

  /** Lives for so many seconds, and brings back who is away then. */
  async goOn(seconds: number): Promise<void> {
    this.#until = performance.now() + seconds * 1000
    const good = this.#tenants.filter(({ attacks }) => !attacks)
    const bad = this.#tenants.filter(({ attacks }) => attacks)
    await Promise.all([
      ...Array.from({ length: 4 }, (_, at) => this.#every(PACE.visit, () => this.#visit(pick(good, at)))),
      this.#every(PACE.save, () => this.#change(pick(this.#tenants, 0))),
      ...Array.from({ length: 4 }, () => this.#every(PACE.attack, () => this.#attack(pick(bad, 0)))),
    ])
    for (const tenant of this.#tenants) if (!tenant.present) this.#save(tenant, tenant.source())
  }

  report(t: TestContext): void {
    const [p50, p99] = [percentile(this.#visits, 0.5), percentile(this.#visits, 0.99)].map((ms) => ms.toFixed(1))
    t.diagnostic(
      `${this.#visits.length} visits (p50 ${p50}, p99 ${p99} ms), ${this.#attacks} attacks, ${this.#saves} saves`,
    )
  }

  async #every(milliseconds: number, act: () => Promise<void> | void): Promise<void> {
    while (performance.now() < this.#until) {
      await act()
      await new Promise((resume) => setTimeout(resume, milliseconds))
    }
  }

  /** The rest of the port answers for a tenant that is away, or has nothing that can be served. */
  async #visit(tenant: Tenant): Promise<void> {
    const started = performance.now()
    const before = this.#served(tenant)
    const { answer, port } = await this.#ask(tenant)
    this.#visits.push(performance.now() - started)
    const wrong = tenant.wrongIn(answer)
    if (wrong !== undefined && before !== undefined && before === this.#served(tenant)) this.#wrong.set(port, wrong)
  }

  /** Changes when it begins or ends to be served; `undefined` while it is not, or is about to be taken away. */
  #served(tenant: Tenant): number | undefined {
    for (const line of this.#pointsman.lines.splice(0)) this.#read(line)
    return tenant.present ? this.#servedSince.get(tenant.router) : undefined
  }

  #read(line: LogLine): void {
    this.#linesRead += 1
    const router = String(line.router)
    if (line.msg === 'router active' && !this.#servedSince.has(router)) this.#servedSince.set(router, this.#linesRead)
    else if (line.msg === 'router retired') this.#servedSince.delete(router)
    else if (line.msg === 'connection' && line.reason !== 'router-closed')
      this.#records.set(Number(String(line.client).replace(/^.*:/, '')), JSON.stringify(line))
  }

  async #attack(tenant: Tenant): Promise<void> {
    this.#attacks += 1
    await this.#ask(tenant)
  }

  async #ask(tenant: Tenant): Promise<{ answer: string; port: number }> {
    const client = await Client.connect(this.#port)
    client.write(`GET / HTTP/1.1\r\nHost: ${tenant.host}\r\n\r\n`).end()
    const answer = await client.rest().catch(() => '')
    client.destroy()
    return { answer, port: client.port }
  }

  #change(tenant: Tenant): void {
    this.#saves += 1
    const dice = this.#saves % 10
    if (!tenant.present) this.#save(tenant, tenant.source())
    else if (dice === 0) {
      tenant.present = false
      this.#pointsman.remove(tenant.router)
    } else this.#save(tenant, dice === 5 ? `${tenant.source()} )` : tenant.source())
  }

  #save(tenant: Tenant, source: string): void {
    this.#pointsman.write(tenant.router, source)
    tenant.present = true
  }
}

function pick<T>(among: readonly T[], offset: number): T {
  const chosen = among[(Math.floor(Math.random() * among.length) + offset) % among.length]
  assert.ok(chosen !== undefined)
  return chosen
}

/** Once nothing moves any more: what was evicted is gone, and no penalty host is kept. */
async function settled(pointsman: Pointsman, rest: number): Promise<Holding> {
  let last = ''
  let since = performance.now()
  return until(
    'the program to come to rest',
    () => {
      const holding = held(pointsman)
      const now = JSON.stringify({ ...holding, mebibytes: 0 })
      if (now !== last) since = performance.now()
      last = now
      return performance.now() - since > rest * 1000 ? holding : undefined
    },
    () => held(pointsman),
    PATIENCE,
  )
}

function held(pointsman: Pointsman): Holding {
  const own = [pointsman.pid, ...pointsman.workerPids]
  const hosts = pointsman.hostPids
  const sum = (of: readonly number[], value: (pid: number) => number) => of.reduce((all, pid) => all + value(pid), 0)
  return {
    hosts: hosts.length,
    threads: sum(own, (pid) => readdirSync(`/proc/${pid}/task`).length),
    // The channel to each host aside.
    descriptors: sum(own, openDescriptors) - hosts.length,
    mebibytes: Math.round((sum(own, residentBytes) + sum(hosts, residentOrGone)) / MIB),
  }
}

/** A host may end while it is looked at. */
function residentOrGone(pid: number): number {
  try {
    return residentBytes(pid)
  } catch {
    return 0
  }
}
