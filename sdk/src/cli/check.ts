import { basename, dirname } from 'node:path'
import { performance } from 'node:perf_hooks'
import { CompileFailure } from '../compile/diagnostics.ts'
import type { RouterDescription } from '../sandbox/sandbox.ts'
import { OpenFailure, type OpenRouter, type Workbench } from '../testing/workbench.ts'
import { Turns } from '../turns.ts'
import { findRouters, rootFolders, shown } from './files.ts'
import type { Terminal } from './terminal.ts'
import { withBench } from './with-bench.ts'

export interface CheckOptions {
  readonly json?: boolean
  readonly flat?: boolean
}

type Checked = {
  /** As shown. */
  readonly file: string
  readonly ms: number
} & (
  | { readonly ok: true; readonly bytes: number; readonly description: RouterDescription }
  | { readonly ok: false; readonly problems: readonly Problem[] }
)

interface Problem {
  readonly at: string | undefined
  readonly text: string
  readonly frame: string
}

/** At a time: the compiler bundles one by one, and type-checks on every processor. */
const AT_ONCE = 4
const MOST_SHOWN = 10
const MOST_HOSTS = 5

/** `router-sdk check`: types, gate, load, first question and size of routers. The result is the exit code. */
export async function check(named: readonly string[], options: CheckOptions, terminal: Terminal): Promise<number> {
  const flat = options.flat ? rootFolders(named) : undefined
  return withBench({ many: false, flat }, async (bench) => {
    const files = await findRouters(named, options.flat === true)
    const checked = await checkAll(files, bench, terminal, options.json === true)
    if (options.json) terminal.line(JSON.stringify({ routers: checked.map(toJson) }, null, 2))
    return checked.every(({ ok }) => ok) ? 0 : 1
  })
}

async function checkAll(
  files: readonly string[],
  bench: Workbench,
  terminal: Terminal,
  quiet: boolean,
): Promise<Checked[]> {
  const turns = new Turns({ atOnce: AT_ONCE })
  const checking = files.map((file) => turns.take('', () => checkOne(file, bench)))
  for (const each of checking) each.catch(() => {}) // the first that fails is thrown below, in its turn
  const results: Checked[] = []
  for (const [index, each] of checking.entries()) {
    terminal.progress(`checking ${shown(files[index] ?? '')} (${index + 1} of ${files.length})`)
    const checked = await each
    results.push(checked)
    if (!quiet) terminal.line(account(checked, terminal))
  }
  return results
}

async function checkOne(path: string, bench: Workbench): Promise<Checked> {
  const started = performance.now()
  const file = shown(path)
  const ms = (): number => Math.round(performance.now() - started)
  try {
    const { compiled, description } = await bench.open(path)
    return { file, ok: true, ms: ms(), bytes: Buffer.byteLength(compiled.code), description }
  } catch (error) {
    return { file, ok: false, ms: ms(), problems: problemsOf(error, path) }
  }
}

/** Opens a router for another command; says why when it cannot be. */
export async function openOrTell(bench: Workbench, path: string, terminal: Terminal): Promise<OpenRouter | undefined> {
  try {
    return await bench.open(path)
  } catch (error) {
    const problems = problemText(problemsOf(error, path), terminal)
    terminal.line(`${terminal.style('red', '✖')} ${terminal.style('bold', shown(path))} is refused\n\n${problems}`)
    return undefined
  }
}

/** What is wrong with the router; anything else that went wrong is thrown on. */
export function problemsOf(error: unknown, path: string): Problem[] {
  const prefix = shown(dirname(path))
  const place = (at: string): string => (prefix === '' ? at : `${prefix}/${at}`)
  if (error instanceof CompileFailure)
    return error.diagnostics.map(({ file, line, column, text, frame }) => ({
      at: place(`${file}:${line}:${column}`),
      text,
      frame,
    }))
  if (error instanceof OpenFailure)
    return [{ at: place(error.at ?? basename(path)), text: error.message, frame: error.frame }]
  throw error
}

/** Problems for a reader, with their code frames. */
export function problemText(problems: readonly Problem[], terminal: Terminal): string {
  const texts = problems.slice(0, MOST_SHOWN).map(({ at, text, frame }) => {
    const head = at === undefined ? text : `${terminal.style('bold', at)}: ${text}`
    return frame === '' ? head : `${head}\n${frame}`
  })
  const left = problems.length - texts.length
  if (left > 0) texts.push(`and ${left} more`)
  return texts.join('\n\n')
}

function account(checked: Checked, terminal: Terminal): string {
  const { file } = checked
  if (!checked.ok) {
    const head = `${terminal.style('red', '✖')} ${terminal.style('bold', file)} is refused`
    return `${head}\n\n${problemText(checked.problems, terminal)}\n`
  }
  const { description, bytes, ms } = checked
  const facts = [listenText(description), description.hooks.join(', '), sizeText(bytes), `${ms} ms`]
  return `${terminal.style('green', '✔')} ${terminal.style('bold', file)}  ${facts.join(' · ')}`
}

function listenText({ listen }: RouterDescription): string {
  if (listen === undefined) return "listens on the operator's port"
  const { port, host, hosts } = listen
  const names = hosts === undefined ? '' : ` for ${hosts.slice(0, MOST_HOSTS).join(', ')}`
  const more = hosts !== undefined && hosts.length > MOST_HOSTS ? ` and ${hosts.length - MOST_HOSTS} more` : ''
  return `listens on ${host === undefined ? '' : `${host}:`}${port}${names}${more}`
}

export function sizeText(bytes: number): string {
  return bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`
}

function toJson(checked: Checked): object {
  if (!checked.ok) return checked
  const { description, ...rest } = checked
  return { ...rest, listen: description.listen ?? null, hooks: description.hooks }
}
