import assert from 'node:assert/strict'
import { NamedUpstream, Streams } from '../endurance/streams.ts'
import { type LogLine, Pointsman, type PointsmanOptions } from '../kit/pointsman.ts'
import { Client, exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { Recovery } from './recovery.ts'
import type { Outcome } from './row.ts'

const FAILURES: Readonly<Record<Exclude<Outcome, 'R' | 'N'>, string>> = {
  T: 'timeout',
  M: 'memory',
  K: 'killed',
  E: 'threw',
  V: 'bad-answer',
}

/** Closes with what it was told, so that it shows that it was asked, and by whom it was answered. */
const GOOD = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: 'good ' + conn.text }) })
`

/** The real program with routers that attack it, and those that must not notice: a good router, and connections that flow. */
export class Arena implements AsyncDisposable {
  readonly pointsman: Pointsman
  readonly #upstream: NamedUpstream
  readonly #streams: Streams
  readonly #good: number
  readonly #workers: readonly number[]
  readonly #recovery = new Recovery()

  static async start(routers: Readonly<Record<string, string>>, options: PointsmanOptions = {}): Promise<Arena> {
    const upstream = await NamedUpstream.start('upstream')
    const stream = `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { remote: '${upstream.server.remote}' }) })
`
    const pointsman = await Pointsman.start({
      ...options,
      routers: { ...routers, '0-good': GOOD, '0-stream': stream },
      config: { preread: { time: 60_000 }, ...options.config },
      expect: options.expect ?? [...Object.keys(routers), '0-good', '0-stream'],
    })
    const port = await pointsman.served('0-stream')
    const streams = await Streams.start({ port, count: 4, upstream, chunk: 16_384, every: 10 })
    return new Arena(pointsman, upstream, streams, await pointsman.served('0-good'))
  }

  private constructor(pointsman: Pointsman, upstream: NamedUpstream, streams: Streams, good: number) {
    this.pointsman = pointsman
    this.#upstream = upstream
    this.#streams = streams
    this.#good = good
    this.#workers = pointsman.workerPids
  }

  /**
   * Asks `router` the hostile question, and the good router one right after it. Resolves with what the hostile router's client
   * got, when the neighbours have been found unharmed and the log has named who did it.
   */
  async attack(
    router: string,
    outcomes: readonly Outcome[],
    text = 'attack',
  ): Promise<{ got: string; outcome: Outcome }> {
    const { pointsman } = this
    const client = await Client.connect(await pointsman.served(router))
    const good = await Client.connect(this.#good)
    const from = pointsman.lines.length
    const before = this.#streams.checked
    try {
      const asked = performance.now()
      client.write(text)
      assert.equal(await good.write('neighbour').rest(), 'good neighbour')
      const recovered = performance.now() - asked
      const got = await client.rest()
      client.destroy()
      const outcome = this.#outcome(router, (await pointsman.record(client)).failure, outcomes, from)
      if (outcome !== 'N') await this.#named(router, outcome, from)
      this.#recovery.add(outcome, recovered)
      await this.unharmed(before)
      return { got, outcome }
    } finally {
      client.destroy()
      good.destroy()
    }
  }

  /** The supervisor and the worker are the same, what flowed flows on, and the good router is right. */
  async unharmed(since: number = this.#streams.checked): Promise<void> {
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

  /** Ends the streams and compares both ends; then the program, which must be able to. The answer is the recovery figures. */
  async finish(): Promise<string> {
    await this.#streams.finish()
    assert.deepEqual(this.#streams.wrong, [])
    assert.equal(this.pointsman.stderr.join('\n'), '')
    this.pointsman.signal('SIGTERM')
    assert.deepEqual(await this.pointsman.exited(), { code: 0, signal: null })
    return this.#recovery.table()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pointsman.stop()
    await this.#streams.finish().catch(() => {})
    await this.#upstream.server[Symbol.asyncDispose]()
  }

  #outcome(router: string, failure: unknown, outcomes: readonly Outcome[], from: number): Outcome {
    const outcome = outcomes.find((one) =>
      one === 'N' ? failure === undefined : one !== 'R' && FAILURES[one] === failure,
    )
    const said = JSON.stringify(this.pointsman.lines.slice(from).filter((line) => line.router === router))
    return outcome ?? assert.fail(`${router}: ${String(failure)} instead of ${outcomes.join(' or ')}; ${said}`)
  }

  /** The log says which router it was: that it failed, and for what costs others something that it got a strike. */
  async #named(router: string, outcome: Outcome, from: number): Promise<void> {
    const has = (msg: string) => (line: LogLine) => line.msg === msg && line.router === router
    await this.pointsman.line(`${router} to be named`, has('router failed'), from)
    if (outcome === 'T' || outcome === 'M' || outcome === 'K')
      await this.pointsman.line(`${router} to get a strike`, has('router got a strike'), from)
    if (outcome === 'K') await this.pointsman.line(`the host that ${router} cost`, has('sandbox host lost'), from)
  }
}
