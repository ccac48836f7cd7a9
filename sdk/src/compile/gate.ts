import { posix } from 'node:path'
import { type Diagnostic, diagnostic, linesOf, printable } from './diagnostics.ts'
import type { Sources } from './sources.ts'

/** What the words of every refused import end with. */
export const ALLOWED = 'a router may import router-sdk, router-sdk/protocols and .ts files of its own folder'

/** The modules of the SDK that a router may import, and their files in the SDK. */
export const SDK_MODULES: ReadonlyMap<string, string> = new Map([
  ['router-sdk', 'index.ts'],
  ['router-sdk/protocols', 'protocols/index.ts'],
])

export type Resolved =
  | { readonly kind: 'sdk'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'refused'; readonly text: string }

/** What `specifier` means in the router's file `from`. */
export function resolveImport(sources: Sources, from: string, specifier: string): Resolved {
  const module = SDK_MODULES.get(specifier)
  if (module !== undefined) return { kind: 'sdk', path: module }
  if (!/^\.\.?\//.test(specifier)) return refuse(specifier)
  const path = posix.normalize(posix.join(posix.dirname(from), specifier))
  if (path.startsWith('../')) return refuse(specifier, "it is outside the router's folder")
  if (sources.texts.has(path)) return { kind: 'file', path }
  const reason = sources.refused.get(path)
  if (reason !== undefined) return refuse(specifier, `it ${reason}`)
  if (!sources.subfolders && path.includes('/')) return refuse(specifier, 'it is in a subfolder')
  if (path.endsWith('.ts')) return refuse(specifier, `there is no file ${printable(path, 100)}`)
  const bare = /^([^?#]*\/[^./?#]+)(?:\.[cm]?js)?$/.exec(specifier)?.[1]
  return refuse(specifier, bare === undefined ? "it is no '.ts' file" : `write '${printable(bare, 100)}.ts'`)
}

function refuse(specifier: string, why?: string): Resolved {
  const name = `cannot import '${printable(specifier, 100)}'`
  return { kind: 'refused', text: why === undefined ? `${name}: ${ALLOWED}` : `${name}: ${why}; ${ALLOWED}` }
}

const SYNCHRONOUS = 'a router answers at once'

interface BundlerMessage {
  readonly id: string
  readonly text: string
}

/** The words for what the bundler refuses at our bidding; `undefined` leaves its own. */
export function syntaxWords(message: BundlerMessage): string | undefined {
  for (const [found, words] of REFUSED_SYNTAX) {
    if (typeof found === 'string' ? message.id === found : found.test(message.text)) return words
  }
  return undefined
}

/** Whether a message of the bundler is about an ordinary generator, which is allowed. */
export function isAboutGenerator(message: BundlerMessage): boolean {
  return message.text.startsWith('Transforming generator functions')
}

const REFUSED_SYNTAX: readonly (readonly [RegExp | string, string])[] = [
  [/^Transforming async generator/, `async generators are not available in a router: ${SYNCHRONOUS}`],
  [/^Transforming async functions/, `async functions are not available in a router: ${SYNCHRONOUS}`],
  [/^Transforming for-await|"for await"/, `for await is not available in a router: ${SYNCHRONOUS}`],
  [/^Top-level await|^Cannot use "await"/, `await is not available in a router: ${SYNCHRONOUS}`],
  [/^With statements/, "'with' is not available in a router: its files are modules"],
  ['bigint', 'BigInt is not available in a router: one operation on it can take minutes; use numbers'],
  ['empty-import-meta', 'import.meta is not available in a router: it has no place in a file system'],
  ['unsupported-dynamic-import', `import() is not available in a router; ${ALLOWED}, at the top of a file`],
  ['direct-eval', 'eval is not available in a router'],
  ['unsupported-require-call', `require is not available in a router; ${ALLOWED}`],
  ['indirect-require', `require is not available in a router; ${ALLOWED}`],
]

/** The words for an import that is no `import … from` or `export … from` statement. */
export function importKindWords(kind: string): string | undefined {
  switch (kind) {
    case 'import-statement':
      return undefined
    case 'dynamic-import':
      return `import() is not available in a router; ${ALLOWED}, at the top of a file`
    case 'require-call':
    case 'require-resolve':
      return `require is not available in a router; ${ALLOWED}`
    default:
      return ALLOWED
  }
}

export const NO_DEFAULT_EXPORT =
  'there is no default export: a router file ends with `export default defineRouter({…})`'
export const NO_ROUTER = 'the default export is no router: a router file ends with `export default defineRouter({…})`'

/**
 * Refuses comments that name a source map: esbuild opens `file://` URLs in them without asking anybody, and a map that it
 * accepts could name any file as the place of an error.
 */
export function refusedComments(sources: Sources): Diagnostic[] {
  return [...sources.texts].flatMap(([file, text]) =>
    linesOf(text).flatMap((line, index) => {
      const found = /[#@]\s*sourceMappingURL/.exec(line)
      if (found === null) return []
      const at = { file, line: index + 1, column: found.index + 1 }
      return [diagnostic(at, "'sourceMappingURL' is not available in a router: its files are its sources", text)]
    }),
  )
}
