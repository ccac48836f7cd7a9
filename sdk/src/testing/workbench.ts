import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { diagnostic } from '../compile/diagnostics.ts'
import { type CompiledRouter, closeCompiler, compileRouter } from '../compile/index.ts'
import { locate } from '../compile/locate.ts'
import { DEFAULTS, OPERATORS } from '../limits.ts'
import type { DetectedLaunch } from '../sandbox/launch.ts'
import { ProcessSandbox } from '../sandbox/process-sandbox.ts'
import {
  type Failed,
  LoadFailure,
  type Position,
  type Question,
  type Reply,
  type RouterDescription,
} from '../sandbox/sandbox.ts'
import { knownHostLaunch } from './known-launch.ts'
import type { FailedOutcome, Inquiry, LookupMade, Verdict } from './verdict.ts'

/** A router that was compiled and is loaded in the sandbox. */
export interface OpenRouter {
  readonly id: number
  /** `git` for `git.ts`. */
  readonly name: string
  /** Absolute path. */
  readonly file: string
  readonly compiled: CompiledRouter
  readonly description: RouterDescription
}

/** A router that cannot be loaded, with the author's place of it. */
export class OpenFailure extends Error {
  readonly at: string | undefined
  readonly frame: string

  constructor(message: string, at: string | undefined, frame: string) {
    super(message)
    this.at = at
    this.frame = frame
  }
}

// A test goes on after a strike: what a router did wrong once is no reason not to ask it the next question.
const NO_STRIKES = { limit: Number.MAX_SAFE_INTEGER, window: 0, quarantine: 1, quarantineMax: 1 }
const PAGE_BYTES = 4096

export interface WorkbenchOptions {
  /** Many questions, of routers that may cost their host: one host answers and another stands by. Otherwise there is one in all. */
  readonly many: boolean
  /** Folders whose routers may import only what stands directly in them, as an operator's; in others, all that is below. */
  readonly flat?: ReadonlySet<string> | undefined
}

/**
 * Compiles routers and asks them, with the compiler, the walls, the limits and the host process that production has. Starts its
 * hosts when it is made, so that they come up while routers are compiled.
 */
export class Workbench {
  readonly #opened: Promise<{ sandbox: ProcessSandbox; launch: DetectedLaunch }>
  readonly #flat: ReadonlySet<string>
  #nextId = 1
  #pids: () => number[] = () => []
  #closing: Promise<void> | undefined

  constructor({ many, flat = new Set() }: WorkbenchOptions) {
    this.#flat = flat
    this.#opened = this.#open(many ? 1 : 0)
    this.#opened.catch(() => {}) // whoever loads is told
  }

  /** Bytes that the host which answers has in memory, as far as one can tell; 0 where the system does not say. */
  get residentBytes(): number {
    const pages = this.#pids().map((pid) => {
      try {
        return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1] ?? 0)
      } catch {
        return 0 // it is gone
      }
    })
    return Math.max(0, ...pages) * PAGE_BYTES
  }

  /**
   * Compiles and loads a router, which includes its first question.
   *
   * @throws CompileFailure or OpenFailure when the router is to blame.
   */
  async open(file: string): Promise<OpenRouter> {
    const limits = { sourceBytes: DEFAULTS.sourceBytes, compileTime: DEFAULTS.compileTime }
    const folder = dirname(file)
    const compiled = await compileRouter({ file, folder, subfolders: !this.#flat.has(folder), limits })
    return this.load(file, compiled)
  }

  async load(file: string, compiled: CompiledRouter): Promise<OpenRouter> {
    const { sandbox } = await this.#opened
    const name = basename(file, '.ts')
    const id = this.#nextId++
    try {
      const description = await sandbox.load({ id, router: name, code: compiled.code, ...OPERATORS })
      return { id, name, file, compiled, description }
    } catch (error) {
      if (!(error instanceof LoadFailure)) throw error
      const { at, frame } = await placeOf(error.position, compiled.sourceMap, dirname(file))
      throw new OpenFailure(error.message, at, frame)
    }
  }

  async forget({ id }: OpenRouter): Promise<void> {
    const { sandbox } = await this.#opened
    sandbox.unload(id)
  }

  /** Asks one question, and asks it again as long as values are looked up. */
  async ask(router: OpenRouter, inquiry: Inquiry): Promise<Verdict> {
    const { sandbox } = await this.#opened
    const { hook, bytes, tables, event, ...facts } = inquiry
    const fetched: Record<string, Record<string, string | null>> = {}
    const lookups: LookupMade[] = []
    let cpu = 0
    for (;;) {
      const question: Question = { hook, bytes, facts: { ...facts, lookups: fetched, ...(event && { event }) } }
      const reply = await new Promise<Reply>((resolve) => sandbox.ask(router.id, question, resolve))
      cpu += reply.cpu
      if (reply.kind !== 'lookup') {
        const outcome = reply.kind === 'answered' ? reply.decision : await failed(router, reply)
        return { outcome, cpu, lookups, log: reply.log }
      }
      const { table, key, log } = reply
      const value = tables.get(table, key)
      if (value === undefined) return { outcome: noTable(router, table), cpu, lookups, log }
      lookups.push({ table, key, value })
      fetched[table] = { ...fetched[table], [key]: value }
    }
  }

  /** Bytes that a router holds, its garbage aside; `undefined` when nobody can say. */
  async measure({ id }: OpenRouter): Promise<number | undefined> {
    const { sandbox } = await this.#opened
    return sandbox.measure(id)
  }

  /** Ends every process that it started. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #open(hosts: number): Promise<{ sandbox: ProcessSandbox; launch: DetectedLaunch }> {
    const launch = await knownHostLaunch()
    const { command } = launch
    const sandbox = new ProcessSandbox({ command, hosts, limits: DEFAULTS, strikes: NO_STRIKES, report: () => {} })
    this.#pids = () => sandbox.pids
    return { sandbox, launch }
  }

  async #close(): Promise<void> {
    const opened = await this.#opened.catch(() => undefined)
    await Promise.all([opened?.sandbox.close(), closeCompiler()])
    await opened?.launch.remove()
  }
}

async function failed(router: OpenRouter, { failure, message, position }: Failed): Promise<FailedOutcome> {
  const place = await placeOf(position, router.compiled.sourceMap, dirname(router.file))
  return { kind: 'failed', failure, message, ...place }
}

function noTable({ name }: OpenRouter, table: string): FailedOutcome {
  const message = `router ${name} has no table ${table}: neither ${name}.${table}.json nor ${name}.${table}.csv is beside it`
  return { kind: 'failed', failure: 'lookup', message, at: undefined, frame: '' }
}

/** The author's place of one in the bundle, and the lines round it. */
async function placeOf(
  position: Position | undefined,
  sourceMap: string,
  folder: string,
): Promise<{ at: string | undefined; frame: string }> {
  const place = position && locate(sourceMap, position.line, position.column)
  if (place === undefined) return { at: undefined, frame: '' }
  const source = await readFile(join(folder, place.file), 'utf8').catch(() => undefined)
  const at = `${place.file}:${place.line}:${place.column}`
  return { at, frame: diagnostic(place, '', source).frame }
}
