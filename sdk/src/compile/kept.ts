import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Texts by name, made from the SDK alone. */
export type Made = Readonly<Record<string, string>>

let folder: string | undefined

/**
 * From now on what is made of the SDK's own sources (its declarations, its bundles) is kept in files below `path`, and taken
 * from there by the next process. Only for a tool that a person starts again and again: whoever can write there decides what
 * routers are checked against.
 */
export function keepMade(path: string): void {
  folder = path
}

/** What `make` gives, from a file when it was made before of the same sources. A file that cannot be used is made again. */
export async function kept(name: string, make: () => Promise<Made>): Promise<Made> {
  if (folder === undefined) return make()
  const place = join(folder, `${name}-${sourcesKey()}.json`)
  const found = await read(place)
  if (found !== undefined) return found
  const made = await make()
  await write(folder, place, made)
  return made
}

async function read(place: string): Promise<Made | undefined> {
  try {
    if (!(await isOurs(dirname(place)))) return undefined
    const found: unknown = JSON.parse(await readFile(place, 'utf8'))
    return isMade(found) ? found : undefined
  } catch {
    return undefined
  }
}

/** Nobody misses what cannot be kept: it is made again. */
async function write(into: string, place: string, made: Made): Promise<void> {
  const draft = `${place}.${process.pid}`
  try {
    await mkdir(into, { recursive: true, mode: 0o700 })
    if (!(await isOurs(into))) return
    await writeFile(draft, JSON.stringify(made), { mode: 0o600 })
    await rename(draft, place)
  } catch {}
}

/** A folder into which somebody else can write is not believed. */
async function isOurs(path: string): Promise<boolean> {
  const { uid, mode } = await stat(path)
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
}

function isMade(value: unknown): value is Made {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string')
}

let key: string | undefined

/** Changes whenever what is made could change: with the SDK's files, where they are, and the tools that they are made with. */
function sourcesKey(): string {
  if (key !== undefined) return key
  const hash = createHash('sha256')
  const sdk = join(dirname(fileURLToPath(import.meta.url)), '..')
  hash.update(JSON.stringify([process.version, sdk, createRequire(import.meta.url).resolve('isolated-vm')]))
  for (const name of ['esbuild/package.json', 'typescript/package.json'])
    hash.update(readFileSync(createRequire(import.meta.url).resolve(name)))
  for (const path of readdirSync(sdk, { recursive: true, encoding: 'utf8' }).sort()) {
    const { size, mtimeMs } = statSync(join(sdk, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  key = hash.digest('hex').slice(0, 24)
  return key
}
