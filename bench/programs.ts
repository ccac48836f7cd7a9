import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { find } from '../test/kit/programs.ts'
import { freePort } from '../test/kit/sockets.ts'
import type { Peer } from './proxies.ts'

const PEERS = new URL('peers/', import.meta.url)
const CLOCK_TICKS = 100 // sysconf(_SC_CLK_TCK) of every Linux on x86-64 and arm64
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const START_TIME = 30_000
/** How long a killed program may take to be gone. */
const END_TIME = 5000
/** Milliseconds; starts are timed by it. */
const PROBE_EVERY = 5
const PROBE = 'GET / HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n'

/** A program with everything that it started. */
export interface Program {
  readonly name: string
  readonly port: number
  /** Its folder. */
  readonly scratch: string
  /** Milliseconds from its start to its first answer. */
  readonly startTime: number
  /** The program and its children, theirs included. */
  pids(): number[]
  /** Ends it, and waits until it is gone. */
  stop(): Promise<void>
}

/** What a benchmark has started: all of it ends with the benchmark, however that ends, and leaves no file. */
export class Programs {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'pointsman-bench-'))
  readonly #children = new Set<ChildProcess>()
  #count = 0

  constructor() {
    // what was started is in sessions of its own, and would live on
    process.on('exit', this.#kill)
    for (const signal of SIGNALS) process.on(signal, this.#stopped)
  }

  /** Starts it on `core`, or wherever there is room, and waits until it answers. */
  async proxy(proxy: Peer, upstream: number, core: number | undefined): Promise<Program> {
    const port = await freePort()
    const scratch = join(this.#scratch, String(++this.#count))
    mkdirSync(scratch, { recursive: true })
    const values = { ...proxy.values, port: String(port), upstream: String(upstream), scratch }
    for (const [template, file] of Object.entries(proxy.files)) fill(template, join(scratch, file), values)
    const command = pinned(proxy.command({ port, upstream, scratch }), core)
    const started = performance.now()
    const child = this.#start(command, join(scratch, 'stderr'))
    const pids = () => (child.pid === undefined || child.exitCode !== null ? [] : withChildren(child.pid))
    const program = { name: proxy.name, port, scratch, pids, stop: () => this.#stop(child) }
    await answers(program)
    return { ...program, startTime: performance.now() - started }
  }

  /** In a process group of its own. What it says on standard output is dropped, its errors are kept. */
  #start([program = '', ...words]: readonly string[], errorFile: string): ChildProcess {
    const errors = openSync(errorFile, 'a')
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', errors], detached: true })
    closeSync(errors)
    child.on('error', () => {})
    this.#children.add(child)
    return child
  }

  async close(): Promise<void> {
    process.off('exit', this.#kill)
    for (const signal of SIGNALS) process.off(signal, this.#stopped)
    await Promise.all([...this.#children].map((child) => this.#stop(child)))
    rmSync(this.#scratch, { recursive: true, force: true })
  }

  async #stop(child: ChildProcess): Promise<void> {
    this.#children.delete(child)
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit', { signal: AbortSignal.timeout(END_TIME) })
    killGroup(child.pid)
    await gone
  }

  readonly #kill = (): void => {
    for (const { pid } of this.#children) if (pid !== undefined) killGroup(pid)
    rmSync(this.#scratch, { recursive: true, force: true })
  }

  readonly #stopped = (): void => {
    this.#kill()
    process.exit(1)
  }
}

/** A command with the whole path of its program, on `core` if one is given. */
function pinned([program = '', ...words]: readonly string[], core: number | undefined): string[] {
  const command = [find(program) ?? program, ...words]
  return core === undefined ? command : ['taskset', '-c', String(core), ...command]
}

/** Waits until something answers on its port. */
async function answers({ name, port, pids, scratch }: Omit<Program, 'startTime'>): Promise<void> {
  const end = performance.now() + START_TIME
  while (!(await responds(port))) {
    if (performance.now() > end || pids().length === 0)
      throw new Error(`${name} does not answer on port ${port}: ${read(join(scratch, 'stderr')).slice(-2000)}`)
    await new Promise((resume) => setTimeout(resume, PROBE_EVERY))
  }
}

/** Programs among `needs` that are not here. */
export function absent({ needs }: Peer): string[] {
  return needs.filter((program) => find(program) === undefined)
}

/** User and system time of a program's processes so far, those that have ended meanwhile included; in microseconds. */
export function cpuTime(program: Program): number {
  let ticks = 0
  for (const pid of program.pids()) {
    const fields = read(`/proc/${pid}/stat`)
      .replace(/^.*\) /, '')
      .split(' ')
    for (const field of fields.slice(11, 15)) ticks += Number(field)
  }
  return (ticks / CLOCK_TICKS) * 1e6
}

/** Memory of a program's processes in bytes; what they share is counted once (proportional set size). */
export function memory(program: Program): number {
  return program.pids().reduce((sum, pid) => {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1]
    if (kilobytes === undefined) throw new Error(`${program.name}: the memory of process ${pid} cannot be read`)
    return sum + Number(kilobytes) * 1024
  }, 0)
}

function withChildren(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(withChildren)]
}

/** Of its main thread. */
export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
}

function fill(template: string, file: string, values: Readonly<Record<string, string>>): void {
  const text = readFileSync(new URL(template, PEERS), 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`bench/peers/${template}: nothing is known of {{${name}}}`)
    return value
  })
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Empty for a process that is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function killGroup(pid: number): void {
  // Sandbox hosts have groups of their own and end with their workers.
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // gone already
  }
}

function responds(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(1000, () => end(false))
    socket.once('error', () => end(false))
    socket.once('data', () => end(true))
    socket.once('close', () => end(false))
    socket.write(PROBE)
  })
}
