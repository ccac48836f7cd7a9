import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/kit/sockets.ts'
import { save } from '../start/routers.ts'
import type { AttackOrder } from './attackers.ts'
import type { Attack } from './attacks.ts'
import type { SaveOrder } from './saver.ts'
import { ALONE, collectGarbage, FIRST, serveFirst } from './serve-first.ts'

const BIN = fileURLToPath(new URL('../../bin/pointsman.js', import.meta.url))
const LONGEST_START = 120_000
const LONGEST_STOP = 20_000
/** Attacking tenants whose clients one process can hold: each has 2,000, and a process 20,000 descriptors. */
const TENANTS_A_PROCESS = 5

/** A pointsman with everything round it but the load: upstreams, attackers' clients, the folder of the routers. */
export class Stage {
  readonly port: number
  readonly pointsman: ChildProcess
  /** Well-behaved tenants' clients, which are this process, and their upstream wait for no processor. */
  readonly firstServed: boolean
  readonly #routers: string
  readonly #scratch: string
  readonly #upstream: ChildProcess
  readonly #sink: number
  readonly #saver: ChildProcess
  readonly #attackers: readonly ChildProcess[]
  readonly #children: readonly ChildProcess[]
  #strikes = 0

  /** `good` are the host names of the well-behaved tenants; `attackers` the most that attack at once. */
  static async open(good: readonly string[], attackers: number): Promise<Stage> {
    const scratch = mkdtempSync(join(tmpdir(), 'pointsman-blast-'))
    const children: ChildProcess[] = []
    try {
      const helper = (file: string, words: readonly string[] = [], flags = ALONE): ChildProcess => {
        // In our session, as all others: where the kernel shares out the processor by session first, no niceness counts beyond it.
        const execArgv = ['--no-warnings', ...flags]
        const child = fork(fileURLToPath(new URL(file, import.meta.url)), words, { execArgv })
        children.push(child)
        return child
      }
      const upstream = helper('upstream.ts', [], FIRST)
      const origin = await portOf(upstream)
      const sink = await portOf(helper('upstream.ts', ['nice', '19']))
      const saver = helper('saver.ts')
      const crews = Array.from({ length: Math.ceil(attackers / TENANTS_A_PROCESS) }, () => helper('attackers.ts'))
      const port = await freePort()
      const routers = join(scratch, 'routers')
      for (const name of good) save(routers, name.replace('.example', ''), goodRouter(port, name, origin))
      const pointsman = startPointsman(scratch, routers, port)
      children.push(pointsman)
      // not before: they would inherit it
      const firstServed = serveFirst()
      const stage = new Stage({
        port,
        pointsman,
        firstServed,
        routers,
        scratch,
        upstream,
        sink,
        saver,
        crews,
        children,
      })
      await serves(pointsman, (line) => stage.#said(line))
      return stage
    } catch (error) {
      for (const child of children) child.kill('SIGKILL')
      rmSync(scratch, { recursive: true, force: true })
      throw error
    }
  }

  private constructor(parts: {
    port: number
    pointsman: ChildProcess
    firstServed: boolean
    routers: string
    scratch: string
    upstream: ChildProcess
    sink: number
    saver: ChildProcess
    crews: readonly ChildProcess[]
    children: readonly ChildProcess[]
  }) {
    this.port = parts.port
    this.pointsman = parts.pointsman
    this.firstServed = parts.firstServed
    this.#routers = parts.routers
    this.#scratch = parts.scratch
    this.#upstream = parts.upstream
    this.#sink = parts.sink
    this.#saver = parts.saver
    this.#attackers = parts.crews
    this.#children = parts.children
  }

  /** Strikes against routers of well-behaved tenants, since the last call. */
  takeStrikes(): number {
    const strikes = this.#strikes
    this.#strikes = 0
    return strikes
  }

  #said(line: string): void {
    if (line.includes('"router got a strike"') && line.includes('"good')) this.#strikes += 1
  }

  /** Processes of the benchmark that are the attackers', or stand behind them. */
  get attackerPids(): number[] {
    return this.#attackers.flatMap(({ pid }) => pid ?? [])
  }

  /** Saves the attack's router for each tenant. */
  saveRouters(attack: Attack, tenants: readonly string[]): void {
    for (const [tenant, text] of this.#attacking(attack, tenants))
      save(this.#routers, tenant, text.replaceAll('SAVES', '0'))
  }

  /** From now on each is saved so many times a second, until the clients are stopped. */
  startSaves(attack: Attack, tenants: readonly string[]): void {
    if (attack.saves === undefined) return
    const order: SaveOrder = {
      routers: this.#routers,
      texts: this.#attacking(attack, tenants),
      perSecond: attack.saves,
    }
    this.#saver.send(order)
  }

  #attacking(attack: Attack, tenants: readonly string[]): [tenant: string, text: string][] {
    const body = `\n  const save = SAVES; void save\n  ${attack.route.replace('SINK', String(this.#sink))}`
    return tenants.map((tenant) => [tenant, router(this.port, `${tenant}.example`, body, attack.prelude)])
  }

  removeRouters(tenants: readonly string[]): void {
    for (const tenant of tenants) rmSync(join(this.#routers, tenant), { recursive: true, force: true })
  }

  startClients({ clients }: Attack, tenants: readonly string[]): void {
    this.#attackers.forEach((crew, at) => {
      const names = tenants.map((tenant, index) => [index, `${tenant}.example`] as const)
      const order: AttackOrder = {
        clients,
        port: this.port,
        names: names.slice(at * TENANTS_A_PROCESS, (at + 1) * TENANTS_A_PROCESS),
      }
      if (order.names.length > 0) crew.send(order)
    })
  }

  /** A measure is over, and the next one not begun: those who are served first collect their garbage. */
  collectGarbage(): void {
    this.#upstream.send({ collect: true })
    collectGarbage()
  }

  /** Ends the attack: resolves when none of the attackers' clients has a connection. */
  async stop(): Promise<void> {
    const limit = AbortSignal.timeout(LONGEST_STOP)
    await Promise.all(
      [this.#saver, ...this.#attackers].map((crew) => {
        const stopped = once(crew, 'message', { signal: limit })
        crew.send({ stop: true })
        return stopped
      }),
    )
  }

  async close(): Promise<void> {
    const gone = this.pointsman.exitCode === null ? once(this.pointsman, 'exit') : undefined
    this.pointsman.kill('SIGINT')
    this.pointsman.kill('SIGINT')
    const late = setTimeout(() => this.pointsman.kill('SIGKILL'), LONGEST_STOP)
    await gone
    clearTimeout(late)
    for (const child of this.#children) child.kill('SIGKILL')
    rmSync(this.#scratch, { recursive: true, force: true })
  }
}

async function portOf(upstream: ChildProcess): Promise<number> {
  const [message]: unknown[] = await once(upstream, 'message', { signal: AbortSignal.timeout(LONGEST_START) })
  const port = typeof message === 'object' && message !== null && 'port' in message ? message.port : undefined
  if (typeof port !== 'number') throw new Error('an upstream did not say its port')
  return port
}

function startPointsman(scratch: string, routers: string, port: number): ChildProcess {
  const config = join(scratch, 'config.json')
  const tenants = { defaults: { ports: ['*'], hosts: ['*'], reach: ['127.0.0.0/8:*'] } }
  const log = { access: join(scratch, 'access.log') }
  writeFileSync(config, JSON.stringify({ listen: { host: '127.0.0.1', port }, tenants, log }))
  return spawn(process.execPath, [BIN, 'serve', routers, '-c', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Resolves when it serves; from then on each line of its log goes to `said`. */
async function serves(pointsman: ChildProcess, said: (line: string) => void): Promise<void> {
  if (pointsman.stdout === null) throw new Error('pointsman has no output')
  const lines = createInterface(pointsman.stdout)
  const ready = once(lines, 'serves', { signal: AbortSignal.timeout(LONGEST_START) })
  lines.on('line', (line) => (line.includes('"pointsman serves"') ? lines.emit('serves') : said(line)))
  lines.once('close', () => lines.emit('error', new Error('pointsman ended')))
  await ready
  lines.on('error', () => {})
}

function goodRouter(port: number, name: string, origin: number): string {
  return router(port, name, `return conn.text === '' ? { noop: true } : { remote: '127.0.0.1:${origin}' }`)
}

function router(port: number, name: string, body: string, prelude = ''): string {
  return `import { defineRouter } from 'router-sdk'
${prelude}export default defineRouter({ listen: { port: ${port}, hosts: ['${name}'] }, route(conn) { ${body} } })
`
}
