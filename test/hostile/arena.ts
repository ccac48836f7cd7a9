import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { NamedUpstream, Streams } from '../endurance/streams.ts'
import { type LogLine, Pointsman, type PointsmanOptions } from '../kit/pointsman.ts'
import { Client, exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import type { Outcome } from './script.ts'

const FAILURES: Readonly<Record<string, Outcome>> = {
  timeout: 'T',
  memory: 'M',
  killed: 'K',
  threw: 'E',
  'bad-answer': 'V',
  lookup: 'E',
}
const NEIGHBOUR = 'neighbour/good'
const STREAM = 'stream/relay'

/** Closes with what it was told, so that it shows that it was asked, and by whom it was answered. */
const GOOD = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: 'good ' + conn.text }) })
`

const STREAMING = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { remote: 'UPSTREAM' }) })
`

/** What came of one hostile question. */
export interface Attack {
  readonly outcome: Outcome
  /** What its client got. */
  readonly got: string
  /** Milliseconds from the question to the next good decision of another tenant, that was asked right after it. */
  readonly recovered: number
  /** Everything that was logged about the router. */
  readonly said: readonly LogLine[]
}

/**
 * The real program with tenants that attack it, and those that must not notice: another tenant, whose hosts are the same, and
 * connections that flow.
 */
export class Arena implements AsyncDisposable {
  readonly pointsman: Pointsman
  readonly #upstream: NamedUpstream
  readonly #streams: Streams
  readonly #good: number
  readonly #workers: readonly number[]
  readonly #hosts = new Set<number>()

  static async start(routers: Readonly<Record<string, string>>, options: PointsmanOptions = {}): Promise<Arena> {
    const upstream = await NamedUpstream.start('upstream')
    const streaming = STREAMING.replace('UPSTREAM', upstream.server.remote)
    try {
      const pointsman = await Pointsman.start({
        ...options,
        routers: { ...routers, [NEIGHBOUR]: GOOD, [STREAM]: streaming },
        config: withTenants(options.config, upstream.server.remote),
        expect: [...(options.expect ?? Object.keys(routers)), NEIGHBOUR, STREAM],
      })
      const port = await pointsman.served(STREAM)
      const streams = await Streams.start({ port, count: 2, upstream, chunk: 8192, every: 40 })
      return new Arena(pointsman, upstream, streams, await pointsman.served(NEIGHBOUR))
    } catch (error) {
      await upstream.server[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(pointsman: Pointsman, upstream: NamedUpstream, streams: Streams, good: number) {
    this.pointsman = pointsman
    this.#upstream = upstream
    this.#streams = streams
    this.#good = good
    this.#workers = pointsman.workerPids
  }

  /**
   * Asks `router` the hostile question, and the neighbour one right after it. Resolves when the neighbours have been found
   * unharmed and the log has named who did it.
   */
  async attack(router: string): Promise<Attack> {
    const { pointsman } = this
    const client = await Client.connect(await pointsman.served(router))
    const good = await Client.connect(this.#good)
    const from = pointsman.lines.length
    const before = this.#streams.checked
    try {
      const asked = performance.now()
      client.write('attack')
      assert.equal(await good.write('neighbour').rest(), 'good neighbour')
      const recovered = performance.now() - asked
      const got = await client.rest()
      client.destroy()
      const outcome = outcomeOf(await pointsman.record(client))
      await this.#named(router, outcome, from)
      await this.unharmed(before)
      return { outcome, got, recovered, said: this.#said(router, from) }
    } finally {
      client.destroy()
      good.destroy()
    }
  }

  /** The supervisor and the worker are the same, what flowed flows on, and the good router is right. */
  async unharmed(since: number = this.#streams.checked): Promise<void> {
    for (const pid of this.pointsman.hostPids) this.#hosts.add(pid)
    assert.deepEqual(this.pointsman.workerPids, this.#workers, 'the worker has changed')
    await until('bytes to flow on', () =>
      this.#streams.checked > since || this.#streams.wrong.length > 0 ? true : undefined,
    )
    assert.deepEqual(this.#streams.wrong, [])
    assert.equal(await this.good('afterwards'), 'good afterwards')
  }

  good(text: string): Promise<string> {
    return exchange(this.#good, text)
  }

  /** Ends the streams and compares both ends; then the program, which must be able to, and leaves no process behind. */
  async finish(): Promise<void> {
    await this.#streams.finish()
    assert.deepEqual(this.#streams.wrong, [])
    assert.equal(this.pointsman.stderr.join('\n'), '')
    this.pointsman.signal('SIGTERM')
    assert.deepEqual(await this.pointsman.exited(), { code: 0, signal: null })
    await until(
      'every host to be gone',
      () => (this.#left().length === 0 ? true : undefined),
      () => this.#left(),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#streams.abandon()
    await this.pointsman.stop()
    await this.#upstream.server[Symbol.asyncDispose]()
  }

  #left(): number[] {
    return [...this.#hosts, ...this.#workers].filter((pid) => existsSync(`/proc/${pid}`))
  }

  #said(router: string, from: number): LogLine[] {
    return this.pointsman.lines.slice(from).filter((line) => line.router === router)
  }

  /** The log says which router it was: that it failed, and for what costs others something that it got a strike. */
  async #named(router: string, outcome: Outcome, from: number): Promise<void> {
    const has = (msg: string) => (line: LogLine) => line.msg === msg && line.router === router
    if (outcome === 'N' || outcome === 'R') return
    await this.pointsman.line(`${router} to be named`, has('router failed'), from)
    if (outcome === 'T' || outcome === 'M' || outcome === 'K')
      await this.pointsman.line(`${router} to get a strike`, has('router got a strike'), from)
    if (outcome === 'K') await this.pointsman.line(`the host that ${router} cost`, has('sandbox host lost'), from)
  }
}

/** Tenants may listen where they like, so that each has a port of the system's choice; one may reach the streams' upstream. */
function withTenants(config: object = {}, upstream: string): object {
  const limits = { prereadTime: 60_000, ...('limits' in config ? Object(config.limits) : {}) }
  const { limits: _limits, ...others } = { limits: undefined, ...config }
  const tenants = { defaults: { ports: ['*'], limits }, named: { stream: { reach: [upstream] } } }
  return { tenants, ...others }
}

function outcomeOf({ failure, reason }: LogLine): Outcome {
  if (failure === undefined) return reason === 'not-allowed' ? 'R' : 'N'
  const outcome = typeof failure === 'string' ? FAILURES[failure] : undefined
  return outcome ?? assert.fail(`a failure of no known kind: ${JSON.stringify(failure)}`)
}
