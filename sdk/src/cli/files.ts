import { type Dirent, existsSync, lstatSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { isName, isRouterFile, isTenantName, NAME_RULE } from '../router-file.ts'

/** What a person typed and can put right. */
export class UsageError extends Error {}

/**
 * The router files that were named, or all below the current folder: those in it and in its tenants' folders. `flat`: the folder is an
 * operator's; otherwise a file in a folder below that defines no router is taken for a part of one.
 */
export async function findRouters(named: readonly string[], flat: boolean): Promise<string[]> {
  const expand = async (name: string): Promise<string[]> =>
    isFolder(existing(name)) ? routersBelow(name, flat) : [routerFile(name)]
  const found = await Promise.all((named.length === 0 ? ['.'] : named).map(expand))
  const files = [...new Set(found.flat())]
  if (files.length === 0)
    throw new UsageError(`there is no router in ${process.cwd()}: \`router-sdk new NAME\` writes one`)
  return files
}

/** The test files that were named, or stand beside the routers that were named, or all below the current folder. */
export async function findTests(named: readonly string[]): Promise<string[]> {
  const found = named.length === 0 ? await below('.', isTestFile) : await Promise.all(named.map(expandTests))
  const files = [...new Set(found.flat())]
  if (files.length === 0)
    throw new UsageError(
      `there is no test in ${process.cwd()}: a test of git.ts is called git.test.ts and stands beside it`,
    )
  return files
}

/** The folders in which the named files stand, or that were named, or the current one: an operator's, where all of them are his. */
export function rootFolders(named: readonly string[]): ReadonlySet<string> {
  if (named.length === 0) return new Set([resolve('.')])
  return new Set(named.map(existing).map((path) => (isFolder(path) ? path : dirname(path))))
}

/** The folder of a command's one router, where it is said to be an operator's. */
export function flatFolders({ flat }: { readonly flat?: boolean }, file: string): ReadonlySet<string> | undefined {
  return flat === true ? rootFolders([file]) : undefined
}

/** The absolute path of one router file. */
export function routerFile(named: string): string {
  const path = existing(named)
  if (isFolder(path)) throw new UsageError(`${named} is a folder, not a router`)
  if (!isRouterFile(basename(path))) throw new UsageError(`${named} is no router: a router is a .ts file, ${NAME_RULE}`)
  if (!isName(basename(path, '.ts'))) throw new UsageError(`${named} cannot name a router: ${NAME_RULE}`)
  return path
}

/** A path for messages: relative where that is shorter. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path)
  return near.length < path.length ? near : path
}

function isTestFile(name: string): boolean {
  return name.endsWith('.test.ts') && !/^[_.]/.test(name)
}

async function routersBelow(folder: string, flat: boolean): Promise<string[]> {
  const root = resolve(folder)
  const files = await below(root, isRouterFile)
  const kept = await Promise.all(files.map(async (path) => flat || dirname(path) === root || (await defines(path))))
  return files.filter((_, index) => kept[index])
}

/** What is no plain file is for the compiler to refuse. */
async function defines(path: string): Promise<boolean> {
  return !lstatSync(path).isFile() || /\bdefineRouter\b/.test(await readFile(path, 'utf8'))
}

async function expandTests(named: string): Promise<string[]> {
  const path = existing(named)
  if (isFolder(path)) return below(path, isTestFile)
  if (isTestFile(basename(path))) return [path]
  const beside = join(dirname(path), `${basename(path, '.ts')}.test.ts`)
  if (existsSync(beside)) return [beside]
  throw new UsageError(`${named} is no test, and there is no ${shown(beside)}`)
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory()
}

function existing(named: string): string {
  const path = resolve(named)
  if (!existsSync(path)) throw new UsageError(`there is no ${named}`)
  return path
}

async function below(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const root = resolve(folder)
  const entries = await list(root)
  const tenants = entries.filter((entry) => entry.isDirectory() && isTenantName(entry.name) && isName(entry.name))
  const folders = [root, ...tenants.map(({ name }) => join(root, name))]
  const files = await Promise.all(folders.map((path) => filesOf(path, wanted)))
  return files.flat()
}

async function filesOf(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await list(folder)
  return entries.filter((entry) => !entry.isDirectory() && wanted(entry.name)).map(({ name }) => join(folder, name))
}

async function list(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}
