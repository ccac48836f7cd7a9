import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { spreadOf } from './figures.ts'
import type { Column, Plan, Row, Samples } from './findings.ts'
import { LOAD_CORE, PROXY_CORE } from './machine.ts'
import { absent, type Program, type Programs } from './programs.ts'
import type { Peer } from './proxies.ts'

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning']

/** Starts proxies in front of `upstream`, all on the same core or wherever there is room. Those whose programs are not here are left out, and that is said. */
export async function startAll(
  programs: Programs,
  proxies: readonly Peer[],
  upstream: number,
  { progress, only }: Plan,
  where: 'pinned' | 'anywhere' = 'pinned',
): Promise<Program[]> {
  const started: Program[] = []
  const wanted = proxies.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)))
  for (const proxy of wanted) {
    const missing = absent(proxy)
    if (missing.length > 0) {
      if (process.env.CI !== undefined)
        throw new Error(`${proxy.name} needs ${missing.join(', ')}, and CI must have it`)
      progress(`${proxy.name} is left out: there is no ${missing.join(', ')} (bench/install-peers.sh installs it)`)
    } else started.push(await programs.proxy(proxy, upstream, where === 'pinned' ? PROXY_CORE : undefined))
  }
  return started
}

/** What stands at a port without a proxy: nothing of it is counted. */
export function direct(port: number): Program {
  return { name: 'no proxy', port, scratch: '', startTime: 0, pids: () => [], stop: async () => {} }
}

/**
 * Measures each of them once in every round, in the opposite order of the round before. What fails is measured once more: one
 * connection that was lost must not cost all that was found.
 */
export async function interleaved<T>(
  things: readonly T[],
  { rounds, progress }: Plan,
  what: string,
  /** Notes what it found when it has found all. */
  measure: (thing: T) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    progress(`${what}, round ${round + 1} of ${rounds}`)
    for (const thing of round % 2 === 0 ? things : things.toReversed())
      await measure(thing).catch((error: unknown) => {
        progress(`${what}: ${error instanceof Error ? error.message : String(error)}; once more`)
        return measure(thing)
      })
  }
}

/** Runs a program of ours on the core of the load to its end, and gives what it printed; it is killed after `limit` seconds. */
export async function onLoadCore(file: string, words: readonly (string | number)[], limit: number): Promise<string> {
  const command = ['-c', String(LOAD_CORE), ...NODE, pathOf(file), ...words.map(String)]
  const options = { timeout: limit * 1000, killSignal: 'SIGKILL' } as const
  return (await promisify(execFile)('taskset', command, options)).stdout
}

/** A program of ours on the core of the load, which says one line (a server its port) and ends with its standard input. */
export class Server implements AsyncDisposable {
  readonly said: string
  readonly #child: ChildProcess

  /** Rejects when it has not said anything after `limit` seconds. */
  static async start(file: string, words: readonly (string | number)[] = [], limit = 15): Promise<Server> {
    const command = ['-c', String(LOAD_CORE), ...NODE, pathOf(file), ...words.map(String)]
    const child = spawn('taskset', command, { stdio: ['pipe', 'pipe', 'inherit'] })
    const over = new AbortController()
    const { signal } = over
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limit * 1000)])
    const ended = once(child, 'exit', { signal: limited }).then(() => {
      throw new Error(`${file} ended before it said anything`)
    })
    try {
      const [text] = await Promise.race([once(child.stdout, 'data', { signal: limited }), ended])
      return new Server(String(text).trim(), child)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    } finally {
      ended.catch(() => {})
      over.abort()
    }
  }

  private constructor(said: string, child: ChildProcess) {
    this.said = said
    this.#child = child
  }

  get port(): number {
    return Number(this.said)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.stdin?.end()
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await gone
    clearTimeout(late)
  }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

/** One row for each name of which something was measured, in that order; `ours` stands out. */
export function rowsOf(
  samples: Samples,
  columns: readonly Column[],
  names: readonly string[],
  ours: readonly string[],
): Row[] {
  const cellOf = (row: string, { name }: Column) => {
    const values = samples.of(row, name)
    return values.length === 0 ? null : spreadOf(values)
  }
  const rows = names.map((name) => ({
    name,
    ours: ours.includes(name),
    cells: columns.map((column) => cellOf(name, column)),
  }))
  return rows.filter(({ cells }) => cells.some((cell) => cell !== null))
}
