/**
 * From a router's source file to a bundle that a sandbox can load: read, refused or bundled, and type-checked, without
 * reading anything but the router's own folder and the SDK.
 */
import { createHash } from 'node:crypto'
import { bundle, stopBuilds } from './bundle.ts'
import { CompileFailure } from './diagnostics.ts'
import { refusedComments } from './gate.ts'
import { readSources } from './sources.ts'
import { typecheck } from './typecheck.ts'

export { CompileFailure, type Diagnostic, formatDiagnostics, locate } from './diagnostics.ts'
export { keepMade } from './kept.ts'

export interface CompileOptions {
  /** Absolute path of the router file. */
  readonly file: string
  /** The only folder from which it may import; the file is in it. */
  readonly folder: string
  /** Whether files below subfolders of `folder` may be imported. */
  readonly subfolders: boolean
  readonly limits: {
    /** All source files together, in bytes. */
    readonly sourceBytes: number
    /** Milliseconds for bundling, and as many for type-checking; waiting for other routers' turns does not count. */
    readonly compileTime: number
  }
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

/**
 * Compiles a router.
 *
 * @throws CompileFailure when the router is to blame; any other error means that the compiler could not do its work.
 */
export async function compileRouter(options: CompileOptions): Promise<CompiledRouter> {
  const { file, folder, subfolders, limits } = options
  const reading = await timed(() => readSources({ file, folder, subfolders, sourceBytes: limits.sourceBytes }))
  const sources = reading.value
  const comments = refusedComments(sources)
  if (comments.length > 0) throw new CompileFailure(comments, sources.inputs)
  const stop = new AbortController()
  const bundling = timed(() => bundle(sources, limits.compileTime)).then((bundled) => {
    // What does not bundle has errors enough: those of the types would mostly repeat them.
    if (bundled.value.kind === 'refused') stop.abort()
    return bundled
  })
  const checking = timed(() => typecheck({ sources, time: limits.compileTime, signal: stop.signal }))
  const [bundled, checked] = await bothOrNeither(bundling, checking, stop)
  if (bundled.value.kind === 'refused') throw new CompileFailure(bundled.value.diagnostics, sources.inputs)
  if (checked.value.length > 0) throw new CompileFailure(checked.value, sources.inputs)
  const { code, sourceMap } = bundled.value
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 12)
  const ms = { read: reading.ms, bundle: bundled.ms, typecheck: checked.ms }
  return { code, hash, sourceMap, inputs: sources.inputs, ms }
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
