import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { descendants, gone } from '../behaviour/processes.ts'
import { commandLine, type LogLine, Pointsman } from '../kit/pointsman.ts'
import { exchange } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { slowToCheck } from './slow.ts'

/** Compilers wait for everything else that runs on this machine, such as other tests. */
const PATIENCE = 75_000
const QUICK = `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { close: 'quick' }),
})
`

/** A program that serves one router and has a folder of its own for temporary files. */
async function serving() {
  const temporary = mkdtempSync(join(tmpdir(), 'compiler-lives-'))
  const pointsman = await Pointsman.start({ routers: { quick: QUICK }, wrapper: ['env', `TMPDIR=${temporary}`] })
  await pointsman.line('serving', ({ msg }) => msg === 'pointsman serves')
  return {
    pointsman,
    /** Folders of the compiler's. */
    left: () => readdirSync(temporary).filter((name) => name.startsWith('router-sdk-')),
    async [Symbol.asyncDispose]() {
      await pointsman.stop()
      rmSync(temporary, { recursive: true, force: true })
    },
  }
}

/** The compiler that checks types now, and all of its children. */
async function checking(pointsman: Pointsman): Promise<{ compiler: number; checker: number; all: number[] }> {
  return until(
    'types to be checked',
    () => {
      const compiler = pointsman.compilerPid
      const all = compiler === undefined ? [] : [compiler, ...descendants(compiler)]
      // Not the shell, nor the program that makes it nicer, which become it.
      const checker = all.find((pid) => /^\S*\/tsc -p /.test(commandLine(pid)))
      return compiler === undefined || checker === undefined ? undefined : { compiler, checker, all }
    },
    () => pointsman.lines.slice(-5),
    PATIENCE,
  )
}

/** What became of router `slow`, version by version and try by try. */
function outcomes(pointsman: Pointsman, count: number): Promise<LogLine[]> {
  const matches = ({ router, msg }: LogLine) => router === 'slow' && /^router (active|refused)$/.test(msg)
  return until(
    'what became of the router',
    () => (pointsman.lines.filter(matches).length === count ? pointsman.lines.filter(matches) : undefined),
    () => pointsman.lines.slice(-5),
    PATIENCE,
  )
}

async function closesWith(pointsman: Pointsman, router: string): Promise<string> {
  return exchange(await pointsman.served(router), 'x')
}

test('a router is served though the compiler is killed while it compiles it, and nothing of that compiler is left', async () => {
  await using running = await serving()
  const { pointsman, left } = running
  pointsman.write('slow', slowToCheck('slow'))
  const { compiler, all } = await checking(pointsman)
  assert.equal(left().length, 1)
  process.kill(compiler, 'SIGKILL')
  const [line] = await outcomes(pointsman, 1)
  assert.equal(line?.msg, 'router active', JSON.stringify(line))
  await gone(all)
  assert.deepEqual(left(), [])
  const lost = pointsman.lines.filter(({ msg }) => msg === 'compiler lost; it is started again')
  assert.deepEqual(
    lost.map(({ why, compiling }) => ({ why, compiling })),
    [{ why: 'SIGKILL', compiling: 1 }],
  )
  assert.equal(await closesWith(pointsman, 'slow'), 'slow')
})

test('a router whose compiler is killed twice is refused with the reason, and served when it is tried again', async () => {
  await using running = await serving()
  const { pointsman } = running
  pointsman.write('slow', slowToCheck('late'))
  for (let kills = 0; kills < 2; kills++) {
    const { compiler, all } = await checking(pointsman)
    process.kill(compiler, 'SIGKILL')
    await gone(all)
  }
  const [refused] = await outcomes(pointsman, 1)
  assert.equal(refused?.reason, 'the compiler ended 2 times while it had this to compile (SIGKILL)')
  assert.equal(refused?.again, 5000)
  assert.equal(await closesWith(pointsman, 'quick'), 'quick')
  await outcomes(pointsman, 2)
  assert.equal(await closesWith(pointsman, 'slow'), 'late')
})

test('the compiler, its children and its files go with a supervisor that is killed', async () => {
  await using running = await serving()
  const { pointsman, left } = running
  pointsman.write('slow', slowToCheck('never'))
  const { all } = await checking(pointsman)
  pointsman.signal('SIGKILL')
  await gone(all)
  assert.deepEqual(left(), [])
})

test('the compiler, its children and its files go with a supervisor that is told to stop while it compiles', async () => {
  await using running = await serving()
  const { pointsman, left } = running
  pointsman.write('slow', slowToCheck('never'))
  const { all } = await checking(pointsman)
  pointsman.signal('SIGTERM')
  assert.deepEqual(await pointsman.exited(), { code: 0, signal: null })
  await gone(all)
  assert.deepEqual(left(), [])
})

test('signals that a service manager sends to all are for the supervisor', async () => {
  await using running = await serving()
  const { pointsman } = running
  const { compilerPid: compiler = assert.fail() } = pointsman
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) process.kill(compiler, signal)
  pointsman.write('slow', slowToCheck('slow'))
  const [line] = await outcomes(pointsman, 1)
  assert.equal(line?.msg, 'router active')
  assert.equal(pointsman.compilerPid, compiler)
})

const skip = process.platform !== 'linux' && 'needs /proc'

test('compilers leave the processor to those who serve, and come one after the other themselves', {
  skip,
}, async () => {
  await using running = await serving()
  const { pointsman } = running
  pointsman.write('slow', slowToCheck('slow'))
  const { compiler, checker, all } = await checking(pointsman)
  const service = all.find((pid) => commandLine(pid).includes('--service=')) ?? assert.fail()
  assert.deepEqual([niceness(compiler), niceness(service), niceness(checker)], [[10], [10], [12]])
  const [worker = assert.fail()] = pointsman.workerPids
  assert.equal(getPriority(worker), 0)
  // Where the kernel shares out the processor by session, no niceness counts beyond it.
  assert.equal(new Set([compiler, checker, worker, pointsman.pid].map(sessionOf)).size, 1)
  // What Ctrl-C does at a terminal is for the supervisor.
  assert.equal(new Set([compiler, worker, pointsman.pid].map(groupOf)).size, 3)
  assert.deepEqual([groupOf(service), groupOf(checker)], [compiler, compiler])
  const hosts = descendants(worker).filter((pid) => commandLine(pid).includes('host.cjs'))
  assert.deepEqual(new Set(hosts.map(groupOf)), new Set([worker]))
  await outcomes(pointsman, 1)
})

test('a compiler that is started while connections are served leaves them the processor from the start', {
  skip,
}, async () => {
  await using running = await serving()
  const { pointsman } = running
  const { compilerPid: first = assert.fail() } = pointsman
  process.kill(first, 'SIGKILL')
  pointsman.write('slow', slowToCheck('slow'))
  const { compiler, checker } = await checking(pointsman)
  assert.notEqual(compiler, first)
  assert.deepEqual([niceness(compiler), niceness(checker)], [[10], [12]])
})

/** What the threads of a process have, each once. */
function niceness(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`)
  const values = threads.map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[16])
  })
  return [...new Set(values)]
}

function sessionOf(pid: number): number {
  return Number(statOf(pid)[3])
}

function groupOf(pid: number): number {
  return Number(statOf(pid)[2])
}

/** What stands behind its name (proc_pid_stat(5)). */
function statOf(pid: number | undefined): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
}
