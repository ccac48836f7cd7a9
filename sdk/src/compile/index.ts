/**
 * From a router's source file to a bundle that a sandbox can load: read, refused or bundled, and type-checked, without
 * reading anything but the router's own folder and the SDK.
 */

import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { bundle, stopBuilds } from './bundle.ts'
import { CompileFailure, type Diagnostic, diagnostic } from './diagnostics.ts'
import { refusedComments } from './gate.ts'
import { type LimitPlace, placeWords } from './limit-place.ts'
import { readSources, type Sources } from './sources.ts'
import { isRightTogether } from './together.ts'
import { typecheck } from './typecheck.ts'
import { type Verdict, Verdicts } from './verdicts.ts'

export { CompileFailure, type Diagnostic, formatDiagnostics } from './diagnostics.ts'
export { keepMade } from './kept.ts'
export type { CompileLimit, LimitPlace } from './limit-place.ts'
export { waitForProcessor } from './processor-limit.ts'

export interface CompileOptions {
  /** Absolute path of the router file. */
  readonly file: string
  /** The only folder from which it may import; the file is in it. Compilers' time is shared out by folder. */
  readonly folder: string
  /** Whether files below subfolders of `folder` may be imported. */
  readonly subfolders: boolean
  readonly limits: CompileLimits
  /** Says of each limit where it is set, for the words of a refusal. */
  readonly where?: LimitPlace
  /** Many routers are being compiled now: types are checked of several in one run. For one it takes longer. Default: false. */
  readonly together?: boolean
  /** What was made of the same sources before is taken, and what is made now is kept for that. Default: false. */
  readonly reuse?: boolean
}

export interface CompileLimits {
  /** All source files together, in bytes. */
  readonly sourceBytes: number
  /** The bundle that they give, in bytes. Default: none. */
  readonly bundleBytes?: number
  /** Milliseconds for bundling, and as many for type-checking; waiting for other routers' turns does not count. */
  readonly compileTime: number
}

export interface CompiledRouter {
  /** A script that assigns the router's exports to `pointsmanRouter`; the router itself is `default`. */
  readonly code: string
  /** The first 12 hex digits of the SHA-256 of `code`. */
  readonly hash: string
  /** For `locate`. */
  readonly sourceMap: string
  /** Absolute paths of the files that were looked at, missing ones included. */
  readonly inputs: readonly string[]
  /** Milliseconds. Bundling and type-checking run at the same time. */
  readonly ms: { readonly read: number; readonly bundle: number; readonly typecheck: number }
}

const verdicts = new Verdicts()

/**
 * Compiles a router.
 *
 * @throws CompileFailure when the router is to blame; any other error means that the compiler could not do its work.
 */
export async function compileRouter(options: CompileOptions): Promise<CompiledRouter> {
  const { file, folder, subfolders, limits, where } = options
  const { sourceBytes, bundleBytes = Number.POSITIVE_INFINITY, compileTime } = limits
  const reading = await timed(() => readSources({ file, folder, subfolders, sourceBytes, where }))
  const sources = reading.value
  const comments = refusedComments(sources)
  if (comments.length > 0) throw new CompileFailure(comments, sources.inputs)
  const ms = { read: reading.ms, bundle: 0, typecheck: 0 }
  const make = () => compile(sources, options, ms)
  const verdict = await (options.reuse === true ? verdicts.of(sources, `${compileTime}`, make) : make())
  if (verdict.kind === 'refused') throw new CompileFailure(verdict.diagnostics, sources.inputs)
  const { code, hash, sourceMap } = verdict
  const size = Buffer.byteLength(code)
  if (size > bundleBytes) throw new CompileFailure([tooLargeBundle(sources, size, bundleBytes, where)], sources.inputs)
  return { code, hash, sourceMap, inputs: sources.inputs, ms }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

async function compile(sources: Sources, options: CompileOptions, ms: Mutable<CompiledRouter['ms']>): Promise<Verdict> {
  const { limits, together = false, where, folder: owner } = options
  const time = limits.compileTime
  const stop = new AbortController()
  const bundling = timed(() => bundle(sources, time, owner, where)).then((bundled) => {
    // What does not bundle has errors enough: those of the types would mostly repeat them.
    if (bundled.value.kind === 'refused') stop.abort()
    return bundled
  })
  const checking = timed(async () => {
    if (together && (await isRightTogether(sources, time))) return []
    return typecheck({ sources, owner, time, where, signal: stop.signal })
  })
  const [bundled, checked] = await bothOrNeither(bundling, checking, stop)
  Object.assign(ms, { bundle: bundled.ms, typecheck: checked.ms })
  if (bundled.value.kind === 'refused') return bundled.value
  if (checked.value.length > 0) return { kind: 'refused', diagnostics: checked.value }
  const { code, sourceMap } = bundled.value
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 12)
  return { kind: 'compiled', code, hash, sourceMap }
}

function tooLargeBundle(sources: Sources, found: number, allowed: number, where: LimitPlace | undefined): Diagnostic {
  const text = `the bundle made of it has ${found} bytes; allowed are ${allowed}${placeWords('bundleBytes', where)}`
  const at = { file: sources.entry, line: 1, column: 1 }
  return diagnostic(at, text, undefined)
}

/** Waits for both even when one fails, so that nothing is left behind. */
async function bothOrNeither<A, B>(a: Promise<A>, b: Promise<B>, stop: AbortController): Promise<[A, B]> {
  try {
    return await Promise.all([a, b])
  } catch (error) {
    stop.abort()
    await Promise.allSettled([a, b])
    throw error
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now()
  const value = await work()
  return { value, ms: performance.now() - started }
}

/** Ends what the compiler keeps running between routers; the next one starts it again. */
export async function closeCompiler(): Promise<void> {
  await stopBuilds()
}
