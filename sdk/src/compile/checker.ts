import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { Turns } from '../turns.ts'

/** How one run of the type checker ended, and what it wrote. */
export interface CheckerRun {
  /** `stopped`: by the caller's signal. `died`: of its limits on memory, or it was ended for writing too much. */
  readonly end: 'clean' | 'errors' | 'late' | 'stopped' | 'died'
  readonly output: string
}

/** Address space in KiB. Go reserves more than it uses: 1.5 GB of it are about 450 MB of memory. */
const ADDRESS_SPACE = 1_500_000
const MEMORY_GOAL = '600MiB'
/** Milliseconds. */
const TICK = 10
const MOST_OUTPUT = 256 * 1024
/**
 * A checker that has not had the processor for its time is given up after so many times of it. Those of owners who have many
 * leave it to others'.
 */
const SELDOM = { nice: 5, starved: 2 } as const
const OFTEN = { nice: 15, starved: 6 } as const
type Rank = typeof SELDOM | typeof OFTEN

// More runs than processors only make each slower, and each has a deadline. One place is for who asks seldom.
const turns = new Turns({ atOnce: availableParallelism() + 2, kept: 1 })

/** Whose turn a run of the checker takes, and what may end it. */
export interface CheckerTurn {
  readonly owner: string
  /** Milliseconds, which count while it has the processor: on a busy machine it takes longer. */
  readonly time: number
  readonly signal?: AbortSignal | undefined
}

/** Runs the native type checker in `folder` on the `tsconfig.json` there. */
export function runChecker(folder: string, { owner, time, signal }: CheckerTurn): Promise<CheckerRun> {
  return turns.take(owner, ({ often }) => {
    if (signal?.aborted === true) return Promise.resolve({ end: 'stopped', output: '' })
    const rank = often ? OFTEN : SELDOM
    return watch(start(folder, rank), rank.starved * time, { time, signal })
  })
}

function start(folder: string, { nice }: Rank): ChildProcess {
  const options = { cwd: folder, env: { GOMEMLIMIT: MEMORY_GOAL }, windowsHide: true } as const
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  const command = [checkerPath(), '-p', 'tsconfig.json', '--pretty', 'false'] as const
  if (process.platform === 'win32') return spawn(command[0], command.slice(1), { ...options, stdio: [...stdio] })
  return spawn('/bin/sh', ['-c', bounded(nice), ...command], { ...options, stdio: [...stdio] })
}

function bounded(nice: number): string {
  return `ulimit -c 0; ulimit -v ${ADDRESS_SPACE}; exec nice -n ${nice} "$0" "$@"`
}

/** `most`: milliseconds after which it is given up whatever it had of the processor. */
function watch(child: ChildProcess, most: number, limits: Pick<CheckerTurn, 'time' | 'signal'>): Promise<CheckerRun> {
  const { time, signal } = limits
  return new Promise((resolve, reject) => {
    let killed: CheckerRun['end'] | undefined
    const kill = (why: CheckerRun['end']) => {
      killed ??= why
      child.kill('SIGKILL')
    }
    const stop = () => kill('stopped')
    const started = performance.now()
    const late = (): void => {
      const wall = performance.now() - started
      if (cpuTime(child.pid) >= time || wall >= most) kill('late')
      else timer = setTimeout(late, time / 4)
    }
    let timer = setTimeout(late, time)
    signal?.addEventListener('abort', stop, { once: true })
    const chunks: Buffer[] = []
    let size = 0
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MOST_OUTPUT) chunks.push(chunk)
      else kill('died')
    })
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    child.once('error', (error) => {
      done()
      reject(new Error('the type checker cannot be run', { cause: error }))
    })
    child.once('close', (code) => {
      done()
      const output = Buffer.concat(chunks).toString()
      if (killed !== undefined) resolve({ end: killed, output })
      else if (code === 0) resolve({ end: 'clean', output })
      else if ((code === 1 || code === 2) && output !== '') resolve({ end: 'errors', output })
      else if (code === 126 || code === 127) reject(new Error(`the type checker cannot be run: ${checkerPath()}`))
      else resolve({ end: 'died', output })
    })
  })
}

/** CPU milliseconds of a process; where the system does not say, more than it may have. */
function cpuTime(pid: number | undefined): number {
  try {
    // After the name, which may hold anything: utime and stime are the 12th and 13th field, in clock ticks (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

let path: string | undefined

/** The native program itself: the script `tsc` only adds the start of a Node process to it. */
function checkerPath(): string {
  if (path === undefined) {
    const typescript = createRequire(import.meta.url).resolve('typescript/package.json')
    const name = process.platform === 'win32' ? 'tsc.exe' : 'tsc'
    const platform = `@typescript/typescript-${process.platform}-${process.arch}`
    path = createRequire(typescript)
      .resolve(`${platform}/package.json`)
      .replace(/package\.json$/, `lib/${name}`)
  }
  return path
}
