/**
 * How long the start of a machine full of tenants takes, and what one of them then waits for a save.
 *
 *     node bench/start.ts [tenants] [saves]
 *
 * Each tenant has one router; once they are all alike, once all different. Printed for each: until the first and the last router
 * is served, resident memory of supervisor, compiler, workers and sandbox hosts, and the time from a save to its version serving with all
 * others loaded (median, 99th percentile): in peace, while another tenant saves without end, while ten do so with twenty routers
 * each, and while a quarter of the tenants goes. Absolute figures are of this machine. Linux only.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { router, save, tenant } from './start/routers.ts'

const STORM = fileURLToPath(import.meta.resolve('./start/storm.ts'))
const BIN = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'pointsman.js')
const LONGEST = 600_000
const REMOVED = 500
const [tenants = 2000, saves = 40] = process.argv.slice(2).map(Number)

type Line = Record<string, unknown>
/** So that every save is another text. */
let round = 0

for (const [kind, source] of [
  ['alike', () => router('same')],
  ['different', (index: number) => router(`number ${index}`)],
] as const) {
  const scratch = mkdtempSync(join(tmpdir(), 'pointsman-start-'))
  try {
    await measure(kind, scratch, source)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function measure(kind: string, scratch: string, source: (index: number) => string): Promise<void> {
  const routers = join(scratch, 'routers')
  for (let index = 0; index < tenants; index++) save(routers, tenant(index), source(index))
  const started = performance.now()
  const { child, waitFor } = start(scratch, routers)
  try {
    await waitFor(({ msg }) => msg === 'router active')
    const first = performance.now() - started
    const { line } = await waitFor(({ msg }) => msg === 'pointsman serves')
    const all = performance.now() - started
    console.log(
      `${kind}: ${line.routers} of ${tenants} routers; first after ${seconds(first)}, all after ${seconds(all)}`,
    )
    console.log(`  resident memory: ${residentMemory(child)}`)
    console.log(`  from a save to service: ${spread(await timeSaves(routers, source, waitFor))}`)
    const one = await during(storm(routers, 1, 1, 1000), () => timeSaves(routers, source, waitFor))
    console.log(`  while one tenant saves 1,000 times a second: ${spread(one)}`)
    const ten = await during(storm(routers, 10, 20, 200), () => timeSaves(routers, source, waitFor))
    console.log(`  while ten tenants save 20 routers each, 200 times a second: ${spread(ten)}`)
    const removal = await during(removeMany(routers), () => timeSaves(routers, source, waitFor))
    console.log(`  while ${REMOVED} tenants are removed: ${spread(removal)}`)
  } finally {
    child.kill('SIGINT')
    setTimeout(() => child.kill('SIGKILL'), 15_000).unref()
    if (child.exitCode === null) await once(child, 'exit')
  }
}

function spread(times: readonly number[]): string {
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]?.toFixed(0)
  return `${at(0.5)} ms, p99 ${at(0.99)} ms (${times.length} saves)`
}

/** What `work` gives, while `other` goes on: it is told when to end. */
async function during<T>(other: (ended: AbortSignal) => Promise<void>, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController()
  const going = other(ended.signal)
  try {
    return await work()
  } finally {
    ended.abort()
    await going
  }
}

/** Tenants of their own whose saves nobody waits for, and a process of its own that saves: it would delay what is measured here. */
function storm(routers: string, ...settings: [owners: number, each: number, perSecond: number]) {
  return async (ended: AbortSignal) => {
    const child = spawn(process.execPath, [STORM, routers, ...settings.map(String)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    ended.addEventListener('abort', () => child.kill('SIGTERM'))
    await once(child, 'exit')
  }
}

/** Those whose saves are measured stay. */
function removeMany(routers: string) {
  return async (ended: AbortSignal) => {
    const measured = new Set(Array.from({ length: saves }, (_, count) => (count * 37) % tenants))
    let removed = 0
    for (let index = tenants - 1; index >= 0 && removed < REMOVED && !ended.aborted; index--) {
      if (measured.has(index)) continue
      rmSync(join(routers, tenant(index)), { recursive: true })
      if (++removed % 20 === 0) await new Promise((resume) => setTimeout(resume, 20))
    }
  }
}

async function timeSaves(
  routers: string,
  source: (index: number) => string,
  waitFor: ReturnType<typeof start>['waitFor'],
): Promise<number[]> {
  const times: number[] = []
  round++
  for (let count = 0; count < saves; count++) {
    const index = (count * 37) % tenants
    const saved = performance.now()
    save(routers, tenant(index), source(index).replace('close:', `close: '${round} ${count}' +`))
    const { at } = await waitFor(
      ({ msg, router }) => msg !== 'router log' && router === `${tenant(index)}/r` && String(msg).startsWith('router '),
      saved,
    )
    times.push(at - saved)
  }
  return times.sort((a, b) => a - b)
}

function start(scratch: string, routers: string) {
  const config = join(scratch, 'config.json')
  const policy = { defaults: { ports: ['*'] } }
  writeFileSync(config, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, tenants: policy }))
  const child = spawn(process.execPath, [BIN, 'serve', routers, '-c', config], { stdio: ['ignore', 'pipe', 'inherit'] })
  const seen: { line: Line; at: number }[] = []
  let heard = () => {}
  createInterface(child.stdout).on('line', (text) => {
    const line: Line = JSON.parse(text)
    seen.push({ line, at: performance.now() })
    if (line.msg === 'router refused') console.log(`  refused: ${line.router}: ${line.reason}`)
    heard()
  })
  const waitFor = async (matches: (line: Line) => boolean, since = 0): Promise<{ line: Line; at: number }> => {
    let looked = 0
    const end = performance.now() + LONGEST
    for (;;) {
      for (; looked < seen.length; looked++) {
        const one = seen[looked]
        if (one !== undefined && one.at >= since && matches(one.line)) return one
      }
      if (performance.now() > end || child.exitCode !== null)
        throw new Error(`it was waited for in vain: ${JSON.stringify(seen.slice(-5))}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      heard = resolve
      const timer = setTimeout(resolve, 1000)
      await promise
      clearTimeout(timer)
    }
  }
  return { child, waitFor }
}

function residentMemory(child: ChildProcess): string {
  const children = childrenOf(child.pid ?? 0)
  const titled = (title: string) => children.filter((pid) => commandLine(pid).startsWith(title))
  const workers = titled('pointsman worker')
  const compiler = titled('pointsman compiler')
  const hosts = workers.flatMap(childrenOf)
  const sum = (pids: number[]) => (pids.reduce((total, pid) => total + resident(pid), 0) / 1024).toFixed(0)
  return `supervisor ${sum([child.pid ?? 0])} MiB, compiler ${sum(compiler)} MiB, worker ${sum(workers)} MiB, hosts ${sum(hosts)} MiB`
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
}

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
}

/** In KiB. */
function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
