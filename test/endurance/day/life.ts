import assert from 'node:assert/strict'
import type { LogLine, Pointsman } from '../../kit/pointsman.ts'
import { Client } from '../../kit/sockets.ts'
import { until } from '../../kit/wait.ts'
import { percentile } from '../proc.ts'
import type { Tenant } from './tenant.ts'

/** Milliseconds from one to the next, of each of those that do it. */
const PACE = { visit: 2, save: 25, attack: 20, echo: 50 } as const
/** Milliseconds for all that was saved to be served. */
const CATCH_UP = 180_000

export interface LifeOptions {
  readonly pointsman: Pointsman
  /** All tenants share it. */
  readonly port: number
  readonly tenants: readonly Tenant[]
}

/** Everything that goes on at once. */
export class Life {
  readonly #options: LifeOptions
  readonly #wrong: string[] = []
  /** Decisions that were ended for the time they took: on a busy machine that may be time they did not have. */
  readonly #late: string[] = []
  /** The newest access record of each client port, and how many lines there were before it. */
  readonly #records = new Map<number, { readonly line: LogLine; readonly before: number }>()
  readonly #servedSince = new Map<string, number>()
  #linesRead = 0
  #visits: number[] = []
  #attacks = 0
  #saves = 0
  #asked = 0
  #until = 0

  constructor(options: LifeOptions) {
    this.#options = options
  }

  /** Answers that were none of their tenant's, with the access record. */
  get wrong(): readonly string[] {
    return [...this.#wrong, ...this.#late]
  }

  /** What was done since it was last asked, in words. */
  get done(): string {
    const [p50, p99] = [percentile(this.#visits, 0.5), percentile(this.#visits, 0.99)].map((ms) => ms.toFixed(1))
    const words = `${this.#visits.length} visits (p50 ${p50}, p99 ${p99} ms), ${this.#attacks} attacks, ${this.#saves} saves, ${this.#late.length} decisions that had no time`
    this.#visits = []
    return words
  }

  /** Lives for so many seconds, while `kept` stay; in the end everybody is there, and serves what was saved last. */
  async goOn(seconds: number, kept: readonly Client[]): Promise<void> {
    const { tenants } = this.#options
    this.#until = performance.now() + seconds * 1000
    const good = tenants.filter(({ attacks }) => !attacks)
    const bad = tenants.filter(({ attacks }) => attacks)
    let echoes = 0
    await Promise.all([
      ...Array.from({ length: 4 }, () => this.#every(PACE.visit, () => this.#visit(pick(good)))),
      this.#every(PACE.save, () => this.#change(pick(tenants))),
      ...Array.from({ length: 4 }, () => this.#every(PACE.attack, () => this.#attack(pick(bad)))),
      this.#every(PACE.echo, () => echo(pick(kept), ++echoes)),
    ])
    await this.#bringBack(good)
  }

  async #bringBack(good: readonly Tenant[]): Promise<void> {
    for (const tenant of this.#options.tenants) if (!tenant.isWhole) this.#save(tenant, tenant.source())
    let waiting = good
    await until(
      'every tenant to serve what it saved last',
      async () => {
        const answers = await Promise.all(waiting.slice(0, 16).map(async (tenant) => (await this.#ask(tenant)).answer))
        waiting = waiting.filter((tenant, index) => tenant.newest !== answers[index])
        this.#readLines()
        return waiting.length === 0 ? true : undefined
      },
      () => waiting.map(({ name, newest }) => ({ name, newest })),
      CATCH_UP,
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
    const linesBefore = this.#linesRead
    const { answer, port } = await this.#ask(tenant)
    this.#visits.push(performance.now() - started)
    const wrong = tenant.wrongIn(answer)
    if (wrong === undefined || before === undefined || before !== this.#served(tenant)) return
    const record = await this.#recordOf(port, linesBefore)
    const all = record?.failure === 'timeout' && answer === '' ? this.#late : this.#wrong
    all.push(`${wrong} ${JSON.stringify(record)}`)
  }

  /** The access record of a connection that was made after so many lines. */
  async #recordOf(port: number, linesBefore: number): Promise<LogLine | undefined> {
    return until('an access record', () => {
      this.#readLines()
      const found = this.#records.get(port)
      return found !== undefined && found.before >= linesBefore ? found.line : undefined
    }).catch(() => undefined)
  }

  /** Changes when it begins or ends to be served; `undefined` while it is not, or is about to be taken away. */
  #served(tenant: Tenant): number | undefined {
    this.#readLines()
    return tenant.present ? this.#servedSince.get(tenant.router) : undefined
  }

  #readLines(): void {
    for (const line of this.#options.pointsman.lines.splice(0)) this.#read(line)
  }

  #read(line: LogLine): void {
    this.#linesRead += 1
    const router = String(line.router)
    if (line.msg === 'router active' && !this.#servedSince.has(router)) this.#servedSince.set(router, this.#linesRead)
    else if (line.msg === 'router retired') this.#servedSince.delete(router)
    else if (line.msg === 'connection') {
      const port = Number(String(line.client).replace(/^.*:/, ''))
      this.#records.set(port, { line, before: this.#linesRead })
    }
  }

  async #attack(tenant: Tenant): Promise<void> {
    this.#attacks += 1
    await this.#ask(tenant)
  }

  /** One of ten questions was not asked before: the other decisions are remembered, and how many varies little. */
  async #ask(tenant: Tenant): Promise<{ answer: string; port: number }> {
    const client = await Client.connect(this.#options.port)
    const path = this.#asked++ % 10 === 0 ? this.#asked : ''
    client.write(`GET /${path} HTTP/1.1\r\nHost: ${tenant.host}\r\n\r\n`).end()
    const text = await client.rest().catch((error: unknown) => String(error))
    client.destroy()
    const answer = client.error === undefined ? text : `${text} (${client.error.message})`
    return { answer, port: client.port }
  }

  #change(tenant: Tenant): void {
    this.#saves += 1
    const dice = this.#saves % 10
    if (tenant.present && dice === 0) {
      tenant.present = false
      this.#options.pointsman.remove(tenant.router)
    } else this.#save(tenant, tenant.present && dice === 5 ? tenant.brokenSource() : tenant.source())
  }

  #save(tenant: Tenant, source: string): void {
    this.#options.pointsman.write(tenant.router, source)
    tenant.present = true
  }
}

async function echo(client: Client, number: number): Promise<void> {
  await client.write(`${number}\n`).receives((text) => text.endsWith(`${number}\n`))
}

function pick<T>(among: readonly T[]): T {
  const chosen = among[Math.floor(Math.random() * among.length)]
  assert.ok(chosen !== undefined)
  return chosen
}
