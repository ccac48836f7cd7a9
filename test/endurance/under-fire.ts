import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type LogLine, Pointsman } from '../kit/pointsman.ts'
import { Attackers, HOSTILE, HostKiller } from './attackers.ts'
import { Prober } from './prober.ts'
import { percentile } from './proc.ts'
import { NamedUpstream, Streams } from './streams.ts'

export interface FireOptions {
  readonly streams: number
  /** Saves, every fifth of them broken. */
  readonly saves: number
  /** SIGKILLs of sandbox hosts, spread over the saves. */
  readonly kills: number
}

const LISTEN = `listen: { port: 0, host: '127.0.0.1' }`

function good(version: number, remote: string): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  ${LISTEN},
  // version ${version}
  route: (conn) => (conn.text.includes('\\n') ? { remote: '${remote}' } : { noop: true }),
})
`
}

const BROKEN: Readonly<Record<string, string>> = {
  'a syntax error': `import { defineRouter } from 'router-sdk'\nexport default defineRouter({ route( => 5 })\n`,
  'a type error': `import { defineRouter } from 'router-sdk'\nexport default defineRouter({ route: () => ({ remote: 5 }) })\n`,
  'a throw at load': `import { defineRouter } from 'router-sdk'\nthrow new Error('not today')\nexport default defineRouter({ ${LISTEN}, route: () => ({ close: true }) })\n`,
  'a loop at load': `import { defineRouter } from 'router-sdk'\nfor (let i = 0; i >= 0; i = (i + 1) % 1000);\nexport default defineRouter({ ${LISTEN}, route: () => ({ close: true }) })\n`,
  'no answer': `import { defineRouter } from 'router-sdk'\nconst nothing: any = undefined\nexport default defineRouter({ ${LISTEN}, route: () => nothing })\n`,
}

/** The saves of one router and what became of them. */
class Saves {
  /** Milliseconds that the log gives for each good save, its phases apart. */
  readonly logged: Record<string, number>[] = []
  readonly writtenAt = new Map<number, number>()
  saved = 1
  readonly #pointsman: Pointsman
  readonly #upstreams: NamedUpstream[]
  #active = 1
  #read = 0

  constructor(pointsman: Pointsman, upstreams: NamedUpstream[]) {
    this.#pointsman = pointsman
    this.#upstreams = upstreams
  }

  /** The newest version that the log has called active. */
  get active(): number {
    const { lines } = this.#pointsman
    for (; this.#read < lines.length; this.#read++) {
      const line = lines[this.#read]
      if (line?.msg === 'router active' && line.router === 'fire') this.#active = Number(line.version)
    }
    return this.#active
  }

  async good(): Promise<void> {
    const version = this.saved + 1
    const upstream = await NamedUpstream.start(`v${version}`)
    this.#upstreams.push(upstream)
    const line = await this.#save(good(version, upstream.server.remote), () => (this.saved = version))
    assert.equal(line.msg, 'router active', JSON.stringify(line))
    assert.equal(line.version, version)
    this.logged.push(phases(line))
  }

  async broken(kind: string): Promise<void> {
    const line = await this.#save(BROKEN[kind] ?? '', () => {})
    assert.equal(line.msg, 'router refused', `${kind}: ${JSON.stringify(line)}`)
    assert.equal(line.serving, `version ${this.saved}`)
  }

  #save(source: string, written: () => void): Promise<LogLine> {
    const from = this.#pointsman.lines.length
    written()
    this.writtenAt.set(this.saved, performance.now())
    this.#pointsman.write('fire', source)
    return this.#pointsman.line(
      'what became of a save',
      ({ msg, router }) => router === 'fire' && /^router (active|refused|unchanged)$/.test(msg),
      from,
    )
  }
}

function phases({ ms }: LogLine): Record<string, number> {
  const known: unknown = ms
  if (typeof known !== 'object' || known === null) return {}
  return Object.fromEntries(Object.entries(known).map(([phase, value]) => [phase, Number(value)]))
}

/** Streams, saves, kills and a hostile neighbour, all at once. Asserts that no connection noticed. */
export async function underFire(t: TestContext, options: FireOptions): Promise<void> {
  const first = await NamedUpstream.start('v1')
  const upstreams = [first]
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => void (await Promise.all(upstreams.map(({ server }) => server[Symbol.asyncDispose]()))))
  const pointsman = stack.use(
    await Pointsman.start({
      routers: { fire: good(1, first.server.remote), hostile: HOSTILE },
      config: { strikes: { quarantine: 50, quarantineMax: 100 } },
    }),
  )
  const port = await pointsman.served('fire')
  const saves = new Saves(pointsman, upstreams)
  const streams = await Streams.start({ port, count: options.streams, upstream: first, chunk: 4096, every: 200 })
  const prober = new Prober({ port, active: () => saves.active, saved: () => saves.saved })
  const attackers = new Attackers(await pointsman.served('hostile'), 2)
  const killer = new HostKiller(pointsman)
  const workers = pointsman.workerPids
  // A failure must not leave them running: the process would never end.
  stack.defer(async () => void (await Promise.allSettled([attackers.stop(), prober.stop()])))
  stack.defer(() => streams.abandon())

  await saveAndKill(saves, killer, options)
  await Promise.all([attackers.stop(), prober.stop()])
  await streams.finish()
  t.diagnostic(`${saves.writtenAt.size} good saves, ${killer.killed.length} hosts killed, ${attackers.attacks} attacks`)
  t.diagnostic(`${prober.probes.length} new connections, ${streams.checked} bytes checked`)
  t.diagnostic(servingFigures(saves, prober))
  assert.deepEqual(streams.wrong, [])
  assert.deepEqual(prober.wrong, [])
  assert.deepEqual(pointsman.workerPids, workers)
}

/** A host is killed at another moment of each save: while it settles, compiles, warms, activates, serves. */
async function saveAndKill(saves: Saves, killer: HostKiller, { saves: total, kills }: FireOptions): Promise<void> {
  for (let save = 1; save <= total; save++) {
    const due = Math.floor((save * kills) / total) > Math.floor(((save - 1) * kills) / total)
    const struck = due ? killer.strikeAfter((save * 37) % 250) : undefined
    const kind = save % 5 === 0 ? Object.keys(BROKEN)[(save / 5 - 1) % 5] : undefined
    await (kind === undefined ? saves.good() : saves.broken(kind))
    await struck
  }
}

/** From the write to the first new connection that the new version decided, and what the log says it took. */
function servingFigures({ writtenAt, logged }: Saves, { probes }: Prober): string {
  const seen = [...writtenAt].flatMap(([version, written]) => {
    const probe = probes.find(({ answer }) => answer === `v${version}`)
    return probe === undefined || version === 1 ? [] : [probe.at - written]
  })
  const figures = (values: number[]) => [0.5, 0.99].map((share) => percentile(values, share).toFixed(0)).join(' / ')
  const names = Object.keys(logged[0] ?? {})
  const each = names.map((phase) => `${phase} ${figures(logged.map((ms) => ms[phase] ?? 0))}`)
  return `save→serving p50 / p99: ${figures(seen)} ms seen by clients (budget 150 / 500); the log's: ${each.join(', ')}`
}
