import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { childrenOf } from './descendants.ts'
import type { Client } from './sockets.ts'
import { until, within } from './wait.ts'

/** Where it is set, every Pointsman whose configuration names no transport uses this one. */
const { POINTSMAN_TEST_TRANSPORT: TRANSPORT } = process.env
const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const BIN: string = join(REPOSITORY, 'bin', 'pointsman.js')

/** One line of the program's log. */
export type LogLine = Record<string, unknown> & { msg: string }

export interface PointsmanOptions {
  /** Files in the routers' folder, by name; `git` is short for `git.ts`. */
  readonly routers?: Readonly<Record<string, string>>
  /** A folder of routers that is there already, instead. */
  readonly folder?: string
  readonly config?: object
  /** Wraps the command, such as `prlimit --nofile=100`. */
  readonly wrapper?: readonly string[]
  /** Routers that must be served before this resolves. Default: all of `routers` that end in `.ts`. */
  readonly expect?: readonly string[]
}

/** The real program, serving a folder of its own, as an operator would start it. */
export class Pointsman {
  readonly folder: string
  readonly lines: LogLine[] = []
  readonly stderr: string[] = []
  readonly #scratch: string
  readonly #child: ChildProcess
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>

  static async start(options: PointsmanOptions): Promise<Pointsman> {
    const pointsman = new Pointsman(options)
    const expected = options.expect ?? routerNames(options.routers ?? {})
    try {
      for (const router of expected) await pointsman.#firstServed(router)
    } catch (error) {
      await pointsman.stop()
      throw error
    }
    return pointsman
  }

  private constructor({ routers = {}, folder, config = {}, wrapper = [] }: PointsmanOptions) {
    this.#scratch = realpathSync(mkdtempSync(join(tmpdir(), 'pointsman-test-')))
    this.folder = folder ?? join(this.#scratch, 'routers')
    if (folder === undefined) mkdirSync(this.folder)
    for (const [name, source] of Object.entries(routers)) this.write(name, source)
    this.configure(config)
    const command = [...wrapper, process.execPath, BIN, 'serve', this.folder, '-c', this.#configFile]
    const [program = '', ...words] = command
    this.#child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.#scratch,
      env: this.#environment,
    })
    this.#exited = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }))
    if (this.#child.stdout) createInterface(this.#child.stdout).on('line', (line) => this.lines.push(parseLine(line)))
    if (this.#child.stderr) createInterface(this.#child.stderr).on('line', (line) => this.stderr.push(line))
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Its control socket is a file of its own, which goes with the rest. */
  get #environment(): NodeJS.ProcessEnv {
    return { ...process.env, XDG_RUNTIME_DIR: this.#scratch }
  }

  /** Runs another `pointsman` command about this one, such as `tenants`. */
  async command(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const words = [BIN, ...args, '-r', this.folder, '-c', this.#configFile]
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.#scratch,
      env: this.#environment,
    })
    const [stdout, stderr, [code]] = await within(
      `the end of pointsman ${args.join(' ')}`,
      Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]),
    )
    return { code, stdout, stderr }
  }

  get #configFile(): string {
    return join(this.#scratch, 'config.json')
  }

  /** The worker processes, and the sandbox hosts of all of them. */
  get workerPids(): number[] {
    return childrenOf(this.pid).filter((pid) => commandLine(pid).includes('worker'))
  }

  /** The compiler's process; none in the moment after it was lost. */
  get compilerPid(): number | undefined {
    return childrenOf(this.pid).find((pid) => commandLine(pid).startsWith('pointsman compiler'))
  }

  get hostPids(): number[] {
    return this.workerPids
      .flatMap((worker) => childrenOf(worker))
      .filter((pid) => commandLine(pid).includes('host.cjs'))
  }

  /** Where a router listens, once version `version` or a later one is active. */
  async served(router: string, version = 1): Promise<number> {
    const line = await this.line(`router ${router} active`, (line) => {
      return line.msg === 'router active' && line.router === router && Number(line.version) >= version
    })
    return Number(String(line.listen).replace(/^.*:/, ''))
  }

  /** Does not wait for a router whose first version was refused. */
  async #firstServed(router: string): Promise<void> {
    const { msg, reason, at, frame } = await this.line(`router ${router} active or refused`, (line) => {
      return line.router === router && (line.msg === 'router active' || line.msg === 'router refused')
    })
    if (msg === 'router refused') throw new Error(JSON.stringify({ router, reason, at, frame }, null, 1))
  }

  /** The first line, from index `from` on, that `matches`. */
  async line(what: string, matches: (line: LogLine) => boolean, from = 0): Promise<LogLine> {
    return until(
      what,
      () => this.lines.slice(from).find(matches) ?? this.#dead(),
      () => ({ lines: this.lines.slice(-15), stderr: this.stderr.slice(-10) }),
    )
  }

  /**
   * The access record of a test's connection. A port of ours alone tells it only where there is one listener: the system
   * gives the same port to connections to different ones.
   */
  async record(client: number | Pick<Client, 'port' | 'server'>): Promise<LogLine> {
    const { port, server } = typeof client === 'number' ? { port: client, server: '' } : client
    return this.line(`the access record of client port ${port} at listener ${server}`, (line) => {
      const listener = String(line.listener).endsWith(`:${server}`) || server === ''
      return line.msg === 'connection' && listener && String(line.client).endsWith(`:${port}`)
    })
  }

  /** As editors save: a new file, renamed over the old one. */
  write(name: string, text: string | Uint8Array): void {
    const file = join(this.folder, fileName(name))
    mkdirSync(dirname(file), { recursive: true })
    const temporary = `${dirname(file)}/.${Math.random().toString(36).slice(2)}.tmp`
    writeFileSync(temporary, text)
    renameSync(temporary, file)
  }

  /** Writes the configuration, for the start and for SIGHUP; a string is written as it is. */
  configure(config: object | string): void {
    const always = {
      listen: { host: '127.0.0.1', port: 0 },
      ...(TRANSPORT === undefined ? {} : { transport: TRANSPORT }),
    }
    const text = typeof config === 'string' ? config : JSON.stringify({ ...always, ...config })
    writeFileSync(this.#configFile, text)
  }

  remove(name: string): void {
    unlinkSync(join(this.folder, fileName(name)))
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return within('the program to exit', this.#exited, 30_000)
  }

  /** Ends it, gently and then not, and removes what it served. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const workers = this.workerPids
      this.#child.kill('SIGTERM')
      const timer = setTimeout(() => {
        for (const pid of [this.pid, ...workers]) kill(pid)
      }, 12_000)
      await this.#exited.finally(() => clearTimeout(timer))
    }
    rmSync(this.#scratch, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #dead(): undefined {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return undefined
    throw new Error(`the program has exited: ${JSON.stringify({ lines: this.lines.slice(-15), stderr: this.stderr })}`)
  }
}

/** Runs the command to its end, as a person who made a mistake would. */
export async function runPointsman(
  words: readonly string[],
  options: { cwd?: string; input?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'], cwd: options.cwd })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = once(child, 'close')
  const timer = setTimeout(() => child.kill('SIGTERM'), 30_000)
  await closed.finally(() => clearTimeout(timer))
  return { code: child.exitCode, stdout, stderr }
}

function parseLine(line: string): LogLine {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null || !('msg' in value)) throw new Error(`not a log line: ${line}`)
  return { ...value, msg: String(value.msg) }
}

function routerNames(routers: Readonly<Record<string, string>>): string[] {
  return Object.keys(routers)
    .map(fileName)
    .filter((name) => name.endsWith('.ts') && !/(^|\/)_/.test(name))
    .map((name) => name.slice(0, -'.ts'.length))
}

function fileName(name: string): string {
  return /\.(ts|json|csv)$/.test(name) ? name : `${name}.ts`
}

/** What the process list shows of a process: its title once it has set one. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // gone already
  }
}
