import { annotation, hookAt, type Insertion, insert, originalColumn } from './annotate.ts'
import { type CheckerRun, runChecker } from './checker.ts'
import { writeBelow } from './declarations.ts'
import { type Diagnostic, diagnostic, linesOf } from './diagnostics.ts'
import { NO_ROUTER, resolveImport } from './gate.ts'
import { hint } from './hints.ts'
import { type LimitPlace, placeWords } from './limit-place.ts'
import { DEFAULT_CHECK, inProgram, type Layout, placed } from './program.ts'
import type { Sources } from './sources.ts'

const MOST_FOUND = 200

interface Found {
  readonly code: number
  readonly file: string
  readonly line: number
  readonly column: number
  /** The lines that follow the first are the checker's reasoning, which is left out. */
  readonly text: string
}

interface Checking {
  readonly sources: Sources
  /** Whose turn it takes. */
  readonly owner: string
  /** Milliseconds. */
  readonly time: number
  readonly signal: AbortSignal
  readonly where?: LimitPlace | undefined
}

/** Checks the types of a router; no diagnostics means that they are right, or that `signal` ended the check. */
export function typecheck(checking: Checking): Promise<readonly Diagnostic[]> {
  return inProgram([checking.sources], (layout) => check(layout, checking))
}

async function check(layout: Layout, checking: Checking): Promise<readonly Diagnostic[]> {
  const { sources, owner, time, signal, where } = checking
  const first = await runChecker(layout.folder, { owner, time, signal })
  if (first.end === 'clean' || first.end === 'stopped') return []
  const found = parse(layout, first.output)
  if (first.end === 'late' || found.length === 0) return [atStart(sources, endWords(first, time, where))]
  const left = time - first.spent
  const closer = left > 50 ? await lookCloser(layout, { ...checking, time: left }, found) : undefined
  return (closer ?? found).slice(0, 50).map((one) => toDiagnostic(sources, one))
}

function endWords({ end }: CheckerRun, time: number, where: LimitPlace | undefined): string {
  if (end === 'late') return `type-checking took longer than ${time} ms${placeWords('compileTime', where)}`
  return 'the type checker gave up on this router: its types need too much memory, or nest too deeply'
}

/**
 * What a hook returns is inferred, so a wrong answer is reported at the hook's name and with the whole type. A second run in
 * which these hooks say what they return has it at the answer itself.
 */
async function lookCloser(layout: Layout, checking: Checking, found: readonly Found[]): Promise<Found[] | undefined> {
  const { sources, owner, time, signal } = checking
  const { insertions, left } = annotateHooks(sources, found)
  if (insertions.size === 0) return undefined
  const texts = [...insertions].map(([file, places]) => [file, insert(sources.texts.get(file) ?? '', places)] as const)
  await writeBelow(layout.folder, new Map(placed(layout, layout.routers[0] ?? '', new Map(texts))))
  const { end, output } = await runChecker(layout.folder, { owner, time, signal })
  if (end !== 'errors') return undefined
  const closer = parse(layout, output)
    .map((one) => ({ ...one, column: originalColumn(insertions.get(one.file) ?? [], one.line, one.column) }))
    .filter((one) => !isAtHook(sources, one))
  return closer.length === 0 ? undefined : [...closer, ...left]
}

/** Where to annotate which file, and the errors at hooks whose functions stand elsewhere. */
function annotateHooks(sources: Sources, found: readonly Found[]) {
  const insertions = new Map<string, Insertion[]>()
  const left: Found[] = []
  for (const one of found.filter((each) => isAtHook(sources, each))) {
    const source = sources.texts.get(one.file) ?? ''
    const places = annotation(source, linesOf(source), one.line, one.column)
    if (places.length === 0) left.push(one)
    const known = insertions.get(one.file) ?? []
    // A hook has two errors when a return is missing.
    const added = places.filter((a) => !known.some((b) => a.line === b.line && a.column === b.column))
    if (added.length > 0) insertions.set(one.file, [...known, ...added])
  }
  return { insertions, left }
}

function isAtHook(sources: Sources, { code, file, line, column }: Found): boolean {
  const source = sources.texts.get(file)
  if (source === undefined || (code !== 2322 && code !== 7030)) return false
  return hookAt(linesOf(source), line, column) !== undefined
}

function parse({ folder: whole, suffix, sdk, routers: [router = ''] }: Layout, output: string): Found[] {
  const found: Found[] = []
  const plain = output.replaceAll(suffix, '').replaceAll(`${whole}/`, '').replaceAll(router, 'router')
  for (const line of plain.split('\n')) {
    const match = /^(?:([\w-]+)\/(.+?)\((\d+),(\d+)\): )?error TS(\d+): (.*)$/.exec(line)
    if (match === null) continue
    const [, folder, path = '', row = '1', column = '1', code = '0', words = ''] = match
    const file = folder === 'router' ? path : ''
    const text = folder === sdk && path === `router/${DEFAULT_CHECK}` ? NO_ROUTER : words
    found.push({
      file,
      line: Number(row),
      column: Number(column),
      code: Number(code),
      text: text.replaceAll(sdk, 'router-sdk'),
    })
  }
  // Without a place in the author's files: what is at fault there says the same, and where.
  const inFiles = found.filter((one) => one.file !== '')
  return (inFiles.length > 0 ? inFiles : found).slice(0, MOST_FOUND)
}

function toDiagnostic(sources: Sources, found: Found): Diagnostic {
  const source = sources.texts.get(found.file)
  if (source === undefined) return atStart(sources, found.text)
  return diagnostic(found, textFor(sources, source, found), source)
}

function textFor(sources: Sources, source: string, { code, file, line, column, text }: Found): string {
  const rest = (linesOf(source)[line - 1] ?? '').slice(column - 1)
  // What the checker says of a module depends on what it finds; what is allowed does not.
  const specifier = isAboutModule(code, text) ? /^(['"`])(.*?)\1/.exec(rest)?.[2] : undefined
  const resolved = specifier === undefined ? undefined : resolveImport(sources, file, specifier)
  if (resolved?.kind === 'refused') return resolved.text
  const known = hint({ code, text, word: /^\w+/.exec(rest)?.[0] ?? '' })
  const own = text.replace(/ Do you need to .*$/, '')
  return known === undefined ? `${own} (TS${code})` : `${known} (TS${code}: ${own})`
}

function isAboutModule(code: number, text: string): boolean {
  return code === 2591 || /\bmodules?\b|\bimport\b/i.test(text)
}

function atStart(sources: Sources, text: string): Diagnostic {
  return diagnostic({ file: sources.entry, line: 1, column: 1 }, text, sources.texts.get(sources.entry))
}
