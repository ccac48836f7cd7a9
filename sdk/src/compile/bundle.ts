import { join, relative } from 'node:path'
import { Turns } from '../turns.ts'
import { columnOfByte, type Diagnostic, diagnostic } from './diagnostics.ts'
import {
  importKindWords,
  isAboutGenerator,
  NO_DEFAULT_EXPORT,
  resolveImport,
  SDK_MODULES,
  syntaxWords,
} from './gate.ts'
import { type Made, made } from './kept.ts'
import { SDK_FOLDER } from './layout.ts'
import { type LimitPlace, placeWords } from './limit-place.ts'
import { authorsName } from './locate.ts'
import { type Overrun, ProcessorWatch, Starved } from './processor-limit.ts'
import { Rebuilding } from './rebuild.ts'
import {
  type BuildFailure,
  type BuildOptions,
  type BuildResult,
  type Message,
  type Plugin,
  serviceClock,
  start,
  stopService,
  type Unwritten,
} from './service.ts'
import type { Sources } from './sources.ts'

export type Bundled =
  | { readonly kind: 'bundled'; readonly code: string; readonly sourceMap: string }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] }

const SYNTAX_NOT_AVAILABLE: Readonly<Record<string, boolean>> = {
  bigint: false,
  'async-await': false,
  'async-generator': false,
  'for-await': false,
  'top-level-await': false,
  'import-meta': false,
}

const OPTIONS = {
  bundle: true,
  write: false,
  platform: 'neutral',
  target: 'esnext',
  charset: 'utf8',
  legalComments: 'none',
  minifySyntax: true,
  treeShaking: true,
  metafile: true,
  absWorkingDir: '/',
  logLevel: 'silent',
  logLimit: 0,
  // Without it a tsconfig.json beside the sources, or above them, would be read.
  tsconfigRaw: '{}',
  logOverride: {
    bigint: 'error',
    'unsupported-dynamic-import': 'error',
    'empty-import-meta': 'error',
    'direct-eval': 'error',
    'unsupported-require-call': 'error',
    'indirect-require': 'error',
    'import-is-undefined': 'error',
  },
} as const satisfies BuildOptions

const SCRIPT = {
  format: 'iife',
  globalName: 'pointsmanRouter',
  outfile: '/router.js',
  sourcemap: 'external',
  sourcesContent: false,
} as const satisfies BuildOptions

const STRICT = new Rebuilding<Sources>((sources) => builder(sources, { ...SYNTAX_NOT_AVAILABLE, generator: false }))
const LOOSE = new Rebuilding<Sources>((sources) => builder(sources, SYNTAX_NOT_AVAILABLE))

function builder(sources: () => Sources, supported: Record<string, boolean>): Unwritten {
  return { ...OPTIONS, ...SCRIPT, entryPoints: ['entry'], supported, plugins: [onlyThese(sources)] }
}

// One build at a time: when the service dies or hangs it is known which router did it. A build takes milliseconds.
const turns = new Turns({ atOnce: 1 })

/** Bundles a router from its sources and the SDK, and nothing else. `time`: milliseconds; `owner`: whose turn it takes. */
export function bundle(sources: Sources, time: number, owner: string, where?: LimitPlace): Promise<Bundled> {
  return turns.take(owner, async () => {
    await sdkText('index.ts') // outside the router's time
    const strict = await attempt(sources, { time, where }, STRICT)
    if (strict.kind !== 'generators') return strict
    // esbuild can refuse async functions only together with generators, which are allowed: a second run without that.
    const loose = await attempt(sources, { time, where }, LOOSE)
    if (loose.kind === 'generators') throw new Error('esbuild refused generators that it was told to accept')
    return loose
  })
}

type Attempted = Bundled | { readonly kind: 'generators' }

interface Limit {
  readonly time: number
  readonly where: LimitPlace | undefined
}

async function attempt(sources: Sources, limit: Limit, builds: Rebuilding<Sources>): Promise<Attempted> {
  const first = await once(sources, limit, builds)
  if (first.kind !== 'lost') return first
  // The service may have died before it was asked; only what kills a new one as well is to blame.
  const second = await once(sources, limit, builds)
  if (second.kind !== 'lost') return second
  await start({ ...OPTIONS, stdin: { contents: '' } }).catch(() => {
    throw new Error('esbuild cannot be run', { cause: second.cause })
  })
  return refused(sources, 'the compiler gave up on this router: it is nested too deeply, or too large')
}

type Once = Attempted | { readonly kind: 'lost'; readonly cause: unknown }

async function once(sources: Sources, { time, where }: Limit, builds: Rebuilding<Sources>): Promise<Once> {
  const limit = { time, times: 1 }
  const over = Promise.withResolvers<Overrun>()
  const processor = new ProcessorWatch(serviceClock(), limit, over.resolve)
  try {
    const build = builds.build(sources)
    const result = await Promise.race([build, over.promise])
    if (typeof result !== 'string') return outputOf(sources, result)
    build.catch(() => undefined) // it fails when the service is stopped, with nobody waiting
    await stopBuilds()
    if (result === 'starved') throw new Starved('esbuild', limit)
    return refused(sources, `compiling took longer than ${time} ms${placeWords('compileTime', where)}`)
  } catch (error) {
    if (error instanceof Starved) throw error
    if (isBuildFailure(error)) return explain(sources, error.errors)
    await stopBuilds()
    return { kind: 'lost', cause: error }
  } finally {
    processor.end()
  }
}

/** The service is ended, and with it what it had parsed. */
export async function stopBuilds(): Promise<void> {
  for (const builds of [STRICT, LOOSE]) builds.forget()
  await stopService()
}

function outputOf(sources: Sources, result: BuildResult<Unwritten>): Bundled {
  // A file without import and export is a script to esbuild, whose exports are whatever it leaves in `module`.
  if (result.metafile.inputs[`router:${sources.entry}`]?.format !== 'esm') return refused(sources, NO_DEFAULT_EXPORT)
  const code = result.outputFiles.find((file) => file.path.endsWith('.js'))
  const map = result.outputFiles.find((file) => file.path.endsWith('.map'))
  if (code === undefined || map === undefined) throw new Error('esbuild gave no bundle')
  return { kind: 'bundled', code: code.text, sourceMap: map.text }
}

function refused(sources: Sources, text: string): Bundled {
  return { kind: 'refused', diagnostics: [atStart(sources, text)] }
}

/** The only way by which esbuild gets a file: nothing is left to its own resolver. */
function onlyThese(sources: () => Sources): Plugin {
  return {
    name: 'sources',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ kind, namespace, importer, path }) => {
        if (kind === 'entry-point') return { namespace: 'entry', path: 'entry' }
        if (namespace === 'entry') return { namespace: 'router', path: sources().entry }
        const words = importKindWords(kind)
        if (words !== undefined) return { errors: [{ text: words }] }
        const resolved = resolveImport(sources(), importer, path)
        if (resolved.kind === 'refused') return { errors: [{ text: resolved.text }] }
        if (resolved.kind === 'sdk') return { namespace: 'sdk', path: resolved.path, sideEffects: false }
        return { namespace: 'router', path: resolved.path }
      })
      build.onLoad({ filter: /.*/, namespace: 'entry' }, () => ({ contents: "export { default } from 'router'" }))
      build.onLoad({ filter: /.*/, namespace: 'router' }, ({ path }) => {
        const contents = sources().texts.get(path)
        return contents === undefined ? { errors: [{ text: `there is no ${path}` }] } : { contents, loader: 'ts' }
      })
      build.onLoad({ filter: /.*/, namespace: 'sdk' }, async ({ path }) => ({
        contents: await sdkText(path),
        loader: 'ts',
      }))
    },
  }
}

let sdk: Promise<Readonly<Record<string, string>>> | undefined

/** A module of the SDK in one piece, made once: asking for its files one by one takes longer than all else in a build. */
async function sdkText(module: string): Promise<string> {
  sdk ??= made('modules', bundleSdk).catch((error: unknown) => {
    sdk = undefined
    throw error
  })
  const text = (await sdk)[module]
  if (text === undefined) throw new Error(`the SDK has no ${module}`)
  return text
}

/** The SDK's modules for routers, each in one piece, by their paths. */
export async function bundleSdk(): Promise<Made> {
  const entryPoints = [...SDK_MODULES.values()].map((path) => join(SDK_FOLDER, path))
  const places = { outdir: '/', outbase: SDK_FOLDER }
  const { outputFiles } = await start({ ...OPTIONS, ...places, format: 'esm', entryPoints })
  return Object.fromEntries(outputFiles.map((file) => [relative('/', file.path).replace(/\.js$/, '.ts'), file.text]))
}

function explain(sources: Sources, messages: readonly Message[]): Attempted {
  const found = messages.filter((message) => !isAboutGenerator(message))
  if (found.length === 0) return { kind: 'generators' }
  return { kind: 'refused', diagnostics: found.slice(0, 50).map((message) => toDiagnostic(sources, message)) }
}

function toDiagnostic(sources: Sources, message: Message): Diagnostic {
  const { location } = message
  // The entry is ours, and all it does is to ask for the router's default export.
  if (location?.file.startsWith('entry:')) return atStart(sources, NO_DEFAULT_EXPORT)
  const file = location === null ? undefined : authorsName(location.file)
  if (location === null || file === undefined) return atStart(sources, message.text)
  const at = { file, line: location.line, column: columnOfByte(location.lineText, location.column) }
  return diagnostic(at, syntaxWords(message) ?? message.text, sources.texts.get(file))
}

function atStart(sources: Sources, text: string): Diagnostic {
  return diagnostic({ file: sources.entry, line: 1, column: 1 }, text, sources.texts.get(sources.entry))
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

/**
 * One of our own programs as a single CommonJS module, without types, so that it starts fast and runs where type stripping does not
 * (`--jitless`). Packages outside of it are imported by their names.
 */
export async function bundleProgram(entry: string): Promise<string> {
  const outside: Plugin = {
    name: 'outside',
    setup(build) {
      build.onResolve({ filter: /^[^.]/ }, ({ kind, path }) =>
        kind === 'entry-point' ? undefined : { external: true, path },
      )
    },
  }
  const build = await turns.take('', async () => {
    const made = await start({
      bundle: true,
      write: false,
      metafile: true,
      format: 'cjs',
      platform: 'node',
      target: 'esnext',
      logLevel: 'silent',
      absWorkingDir: SDK_FOLDER, // the names of sources in what is made are relative to it
      entryPoints: [entry],
      plugins: [outside],
    })
    // A program is made once, by processes that have nothing else to build.
    await stopBuilds()
    return made
  })
  const [file] = build.outputFiles
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`)
  return file.text
}
