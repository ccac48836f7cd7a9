/**
 * What well-behaved tenants notice of tenants that attack beside them, for each class of attack: `docs/blast-radius.md` says what
 * is measured, and is written by this.
 *
 *     node bench/blast-radius.ts [seconds] [attacks,separated,by,commas] [attackers,…]
 *
 * With attacks named, nothing is written. Linux only; about ten minutes with the default of 6 seconds for each of 36 cells.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AttackOrder } from './blast-radius/attackers.ts'
import { ATTACKS, type Attack } from './blast-radius/attacks.ts'
import { Echoes, requests, type Seen } from './blast-radius/load.ts'
import { type Cell, writeReport } from './blast-radius/report.ts'

const BIN = fileURLToPath(new URL('../bin/pointsman.js', import.meta.url))
const ATTACKERS = fileURLToPath(new URL('blast-radius/attackers.ts', import.meta.url))
const REPORT = fileURLToPath(new URL('../docs/blast-radius', import.meta.url))
const GOOD = 50
const PER_SECOND = 150
const SETTLE = 1000
const LONGEST_START = 120_000

const [secondsText = '6', only = '', countsText = '1,5,10'] = process.argv.slice(2)
const seconds = Number(secondsText)
const counts = countsText.split(',').map(Number)
const attacks = only === '' ? ATTACKS : ATTACKS.filter(({ name }) => only.split(',').includes(name))

const scratch = mkdtempSync(join(tmpdir(), 'pointsman-blast-'))
const routers = join(scratch, 'routers')
const children: ChildProcess[] = []
const servers: Server[] = []
try {
  await run()
} finally {
  for (const child of children) child.kill('SIGINT')
  for (const server of servers) server.close()
  rmSync(scratch, { recursive: true, force: true })
}
process.exit(0)

async function run(): Promise<void> {
  const origin = await serve(answer)
  const sink = await serve((chunk, write) => write(chunk))
  const names = Array.from({ length: GOOD }, (_, at) => `good${at}.example`)
  const port = await startPointsman(names, origin)
  const attackers = fork(ATTACKERS, { execArgv: ['--disable-warning=ExperimentalWarning'] })
  children.push(attackers)
  const echoes = await Echoes.open(port, names)
  await requests(port, names, PER_SECOND, 3)
  const cells: Cell[] = []
  for (const attack of attacks)
    for (const count of counts) {
      const peace = await measure(port, names, echoes)
      const stop = await begin(attack, count, port, sink, attackers)
      const war = await measure(port, names, echoes)
      await stop()
      cells.push(cellOf(attack, count, peace, war))
      print(cells.at(-1))
    }
  echoes.close()
  if (only === '') writeReport(REPORT, cells, machine(), new Map(ATTACKS.map(({ name, about }) => [name, about])))
}

/** An upstream that answers a request by the name that was asked for, and repeats what an ECHO says. */
function answer(chunk: string, write: (text: string) => void, end: () => void, first: boolean): void {
  if (first && chunk.startsWith('GET ')) {
    write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello ${/Host: (\S+)/.exec(chunk)?.[1]}`)
    end()
  } else write(chunk)
}

async function serve(
  received: (chunk: string, write: (text: string) => void, end: () => void, first: boolean) => void,
): Promise<number> {
  const server = createServer((socket) => {
    let first = true
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('data', (chunk: string) => {
      received(
        chunk,
        (text) => socket.write(text, 'latin1'),
        () => socket.end(),
        first,
      )
      first = false
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function startPointsman(names: readonly string[], origin: number): Promise<number> {
  const port = await serve(() => {})
  await new Promise((resolve) => servers.pop()?.close(resolve))
  for (const name of names)
    save(
      name.replace('.example', ''),
      router(port, name, `return conn.bytes.length === 0 ? { noop: true } : { remote: '127.0.0.1:${origin}' }`),
    )
  const config = join(scratch, 'config.json')
  const tenants = { defaults: { ports: ['*'], hosts: ['*'], reach: ['127.0.0.0/8:*'] } }
  writeFileSync(config, JSON.stringify({ listen: { host: '127.0.0.1', port }, tenants, log: { access: false } }))
  const child = spawn(process.execPath, [BIN, 'serve', routers, '-c', config], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface(child.stdout)
  const late = setTimeout(() => lines.close(), LONGEST_START)
  for await (const line of lines)
    if (line.includes('"pointsman serves"')) {
      clearTimeout(late)
      child.stdout.resume()
      return port
    }
  throw new Error('pointsman did not serve')
}

function router(port: number, name: string, body: string, prelude = ''): string {
  return `import { defineRouter } from 'router-sdk'\n${prelude}export default defineRouter({ listen: { port: ${port}, hosts: ['${name}'] }, route(conn) { ${body} } })\n`
}

function save(tenant: string, source: string): void {
  mkdirSync(join(routers, tenant), { recursive: true })
  writeFileSync(join(routers, tenant, '.new'), source)
  renameSync(join(routers, tenant, '.new'), join(routers, tenant, 'r.ts'))
}

/** Starts an attack by `count` tenants; what is given back ends it, their routers included. */
async function begin(
  attack: Attack,
  count: number,
  port: number,
  sink: number,
  attackers: ChildProcess,
): Promise<() => Promise<void>> {
  const tenants = Array.from({ length: count }, (_, at) => `evil-${attack.name}${count}-${at}`)
  let saves = 0
  const saveAll = (): void => {
    saves += 1
    for (const tenant of tenants) {
      const body = `${attack.route.replace('SINK', String(sink))} // ${saves}`.replace(
        '//',
        `\n const save = ${saves}; void save; //`,
      )
      save(tenant, router(port, `${tenant}.example`, `${body}\n`, attack.prelude))
    }
  }
  saveAll()
  await new Promise((resume) => setTimeout(resume, SETTLE + 100 * count))
  const timer = attack.saves === undefined ? undefined : setInterval(saveAll, 1000 / attack.saves)
  const order: AttackOrder = { clients: attack.clients, port, names: tenants.map((tenant) => `${tenant}.example`) }
  attackers.send(order)
  await new Promise((resume) => setTimeout(resume, SETTLE))
  return async () => {
    clearInterval(timer)
    attackers.send({ stop: true })
    for (const tenant of tenants) rmSync(join(routers, tenant), { recursive: true })
    await new Promise((resume) => setTimeout(resume, 2 * SETTLE))
  }
}

async function measure(port: number, names: readonly string[], echoes: Echoes): Promise<Seen> {
  const seen = await requests(port, names, PER_SECOND, seconds)
  seen.closed = echoes.takeClosed()
  return seen
}

function cellOf(attack: Attack, attackers: number, peace: Seen, war: Seen): Cell {
  const before = percentile(peace.times, 0.99)
  const p99 = percentile(war.times, 0.99)
  const { lost, closed } = war
  return {
    attack: attack.name,
    attackers,
    peace: before,
    p50: percentile(war.times, 0.5),
    p99,
    ratio: p99 / before,
    lost,
    closed,
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function print(cell: Cell | undefined): void {
  if (cell === undefined) return
  const { attack, attackers, peace, p50, p99, ratio, lost, closed } = cell
  const figures = [peace, p50, p99].map((value) => value.toFixed(1).padStart(7)).join('')
  console.log(
    `${attack.padEnd(12)} ${String(attackers).padStart(3)} ${figures}  ${ratio.toFixed(2).padStart(6)} ×  lost ${lost}  closed ${closed}`,
  )
}

function machine() {
  const [cpu] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  return { cpus: cpus().length, cpu: cpu?.model ?? 'unknown', kernel: release(), node: process.versions.node, date }
}
