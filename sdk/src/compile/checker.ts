import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { processorTime } from '../sandbox/process-files.ts'
import { Turns } from '../turns.ts'
import { type Overrun, type ProcessorLimit, ProcessorWatch, Starved } from './processor-limit.ts'

/** How one run of the type checker ended, and what it wrote. */
export interface CheckerRun {
  /** `stopped`: by the caller's signal. `died`: of its limits on memory, or it was ended for writing too much. */
  readonly end: 'clean' | 'errors' | 'late' | 'stopped' | 'died'
  readonly output: string
  /** Milliseconds of its time. */
  readonly spent: number
}

/** Address space in KiB. Go reserves more than it uses: 1.5 GB of it are about 450 MB of memory. */
const ADDRESS_SPACE = 1_500_000
const MEMORY_GOAL = '600MiB'
const MOST_OUTPUT = 256 * 1024
/**
 * Those of owners who have many leave the processor to others', down to the least niceness there is where the process that starts
 * them has 10 already, and may take so many times of their time.
 */
const SELDOM = { nice: 2, times: 2 } as const
const OFTEN = { nice: 9, times: 6 } as const
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

/**
 * Runs the native type checker in `folder` on the `tsconfig.json` there. Rejects when it cannot be run, or was not given the
 * processor.
 */
export function runChecker(folder: string, { owner, time, signal }: CheckerTurn): Promise<CheckerRun> {
  return turns.take(owner, ({ often }) => {
    if (signal?.aborted === true) return Promise.resolve({ end: 'stopped', output: '', spent: 0 })
    const rank = often ? OFTEN : SELDOM
    return watch(start(folder, rank), { time, times: rank.times }, signal)
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

function watch(child: ChildProcess, limit: ProcessorLimit, signal: AbortSignal | undefined): Promise<CheckerRun> {
  return new Promise((resolve, reject) => {
    let killed: CheckerRun['end'] | Overrun | undefined
    const kill = (why: CheckerRun['end'] | Overrun) => {
      killed ??= why
      child.kill('SIGKILL')
    }
    const stop = () => kill('stopped')
    const used = () => processorTime(child.pid ?? -1) ?? Number.POSITIVE_INFINITY
    const processor = new ProcessorWatch(used, limit, kill)
    signal?.addEventListener('abort', stop, { once: true })
    const chunks: Buffer[] = []
    let size = 0
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MOST_OUTPUT) chunks.push(chunk)
      else kill('died')
    })
    const done = (): number => {
      signal?.removeEventListener('abort', stop)
      return processor.end()
    }
    child.once('error', (error) => {
      done()
      reject(new Error('the type checker cannot be run', { cause: error }))
    })
    child.once('close', (code) => {
      const spent = done()
      const output = Buffer.concat(chunks).toString()
      if (killed === 'starved') reject(new Starved('the type checker', limit))
      else if (killed !== undefined) resolve({ end: killed, output, spent })
      else if (code === 0) resolve({ end: 'clean', output, spent })
      else if ((code === 1 || code === 2) && output !== '') resolve({ end: 'errors', output, spent })
      else if (code === 126 || code === 127) reject(new Error(`the type checker cannot be run: ${checkerPath()}`))
      else resolve({ end: 'died', output, spent })
    })
  })
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
