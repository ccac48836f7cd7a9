import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

type Target = string | { readonly types: string; readonly default: string }

/** What the build has to know of a package.json; the rest is carried over as it is. */
export interface Manifest {
  readonly name: string
  readonly imports: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Target>>
}

interface SourceManifest {
  readonly name: string
  readonly imports: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** Fields for whoever has the repository. */
const OURS_ALONE = new Set(['private', 'workspaces', 'scripts', 'devDependencies', 'allowScripts'])

export async function readManifest(folder: string): Promise<SourceManifest> {
  const file = join(folder, 'package.json')
  const manifest: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!isSourceManifest(manifest)) throw new Error(`${file} has no name, or imports or exports that are not all texts`)
  return manifest
}

/** The package.json of the package that is made of a folder: what names a source names there what was made of it. */
export function packageManifest(source: SourceManifest, folder: string): Manifest {
  const fields = Object.entries(source).filter(([field]) => !OURS_ALONE.has(field))
  const imports = Object.entries(source.imports).map(([name, path]) => [name, built(path, '.js')])
  return {
    ...Object.fromEntries(fields),
    name: source.name,
    imports: Object.fromEntries(imports),
    exports: { ...Object.fromEntries(present(source, folder).map(([name, path]) => [name, target(path)])), ...SELF },
  }
}

/** Tools look for it, though nobody has to import it. */
const SELF = { './package.json': './package.json' }

/** The sources that others import, which therefore need declarations. */
export function typedEntries(source: SourceManifest, folder: string): string[] {
  return present(source, folder)
    .filter(([, path]) => isSource(path))
    .map(([, path]) => join(folder, path))
}

function present({ name, exports }: SourceManifest, folder: string): [string, string][] {
  return Object.entries(exports).filter(([entry, path]) => {
    if (existsSync(join(folder, path))) return true
    throw new Error(`${name} exports ${entry}, but there is no ${path}`)
  })
}

function target(path: string): Target {
  return isSource(path) ? { types: built(path, '.d.ts'), default: built(path, '.js') } : path
}

function isSource(path: string): boolean {
  return path.startsWith('./src/') && path.endsWith('.ts')
}

function built(path: string, ending: string): string {
  if (!isSource(path)) throw new Error(`${path} is no source that could be built`)
  return path.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, ending)
}

function isSourceManifest(value: unknown): value is SourceManifest {
  if (typeof value !== 'object' || value === null) return false
  if (!('name' in value && 'imports' in value && 'exports' in value)) return false
  return typeof value.name === 'string' && isTexts(value.imports) && isTexts(value.exports)
}

function isTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string')
}
