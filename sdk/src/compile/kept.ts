import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PREBUILT, SDK_FOLDER } from './layout.ts'
import { makeFolder } from './make-folder.ts'

/** Texts by name, made from the SDK alone. */
export type Made = Readonly<Record<string, string>>

const MOST_KEPT = 8

/**
 * Sources that run as they are stand in a repository: what is made of them is kept beside the packages that they use, which
 * decide as much.
 */
let folder = PREBUILT === undefined ? join(SDK_FOLDER, '..', '..', 'node_modules', '.cache', 'router-sdk') : undefined

/**
 * From now on what is made of the SDK's own sources (its declarations, its bundles) is kept in files below `path`, and taken
 * from there by the next process. Only for a tool that a person starts again and again: whoever can write there decides what
 * routers are checked against.
 */
export function keepMade(path: string): void {
  folder = path
}

/** What can be made of the SDK's sources alone, and is made when its package is built. */
export type MadeName = 'modules' | 'declarations' | 'host'

/** One of these: from the package, where this is one, and otherwise as `kept` gives it. */
export async function made(name: MadeName, make: () => Promise<Made>): Promise<Made> {
  if (PREBUILT === undefined) return kept(name, make)
  const place = join(PREBUILT, `${name}.json`)
  const found = await parsed(place).catch((cause: unknown) => {
    throw new Error(`router-sdk is not installed whole: ${place} cannot be read`, { cause })
  })
  if (found === undefined) throw new Error(`router-sdk is not installed whole: ${place} is no object of texts`)
  return found
}

/** What `make` gives, from a file when it was made before of the same sources. A file that cannot be used is made again. */
export async function kept(name: string, make: () => Promise<Made>): Promise<Made> {
  if (folder === undefined) return make()
  const place = join(folder, `${name}-${sourcesKey()}.json`)
  const found = await read(place)
  if (found !== undefined) return found
  const fresh = await make()
  await write(folder, name, place, fresh)
  return fresh
}

async function read(place: string): Promise<Made | undefined> {
  try {
    if (!(await isOurs(dirname(place)))) return undefined
    return await parsed(place)
  } catch {
    return undefined
  }
}

async function parsed(place: string): Promise<Made | undefined> {
  const found: unknown = JSON.parse(await readFile(place, 'utf8'))
  return isMade(found) ? found : undefined
}

/** Nobody misses what cannot be kept: it is made again. */
async function write(into: string, name: string, place: string, texts: Made): Promise<void> {
  const draft = `${place}.${process.pid}`
  try {
    makeFolder(into)
    if (!(await isOurs(into))) return
    await writeFile(draft, JSON.stringify(texts), { mode: 0o600 })
    await rename(draft, place)
    await dropOld(into, name)
  } catch {}
}

/** Of each thing a few are kept: for other installations of the SDK, and for sources that are changed to and fro. */
async function dropOld(into: string, name: string): Promise<void> {
  const files = (await readdir(into)).filter((file) => file.startsWith(`${name}-`)).map((file) => join(into, file))
  const ages = await Promise.all(files.map(async (file) => ({ file, mtime: (await stat(file)).mtimeMs })))
  const old = ages.sort((a, b) => b.mtime - a.mtime).slice(MOST_KEPT)
  await Promise.all(old.map(({ file }) => rm(file, { force: true })))
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
  hash.update(JSON.stringify([process.version, SDK_FOLDER, createRequire(import.meta.url).resolve('isolated-vm')]))
  for (const name of ['esbuild/package.json', 'typescript/package.json'])
    hash.update(readFileSync(createRequire(import.meta.url).resolve(name)))
  for (const path of readdirSync(SDK_FOLDER, { recursive: true, encoding: 'utf8' }).sort()) {
    const { size, mtimeMs } = statSync(join(SDK_FOLDER, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  key = hash.digest('hex').slice(0, 24)
  return key
}
