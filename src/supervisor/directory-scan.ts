import type { Dirent } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { isName, isRouterFile, isTenantName, NAME_RULE, tableOf } from 'router-sdk/router-file'
import type { Tables } from '../worker/messages.ts'
import { realFolder } from './folder-watch.ts'
import type { Listing, Refused, RouterSource } from './store.ts'
import { isInside } from './tenant-places.ts'

/** Whether routers can depend on a file of this name. */
export function isWatchedFile(name: string): boolean {
  return /\.(?:ts|json|csv)$/.test(name)
}

/** The routers directly in `folder`, and their tables. `tenant` is `''` for the operator's own folder. */
export async function scanFolder(folder: string, tenant: string): Promise<Listing> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort(byName)
  const routers: RouterSource[] = []
  const refused: Refused[] = []
  for (const entry of entries) {
    if (!isRouterFile(entry.name) || entry.isDirectory()) continue
    const path = join(folder, entry.name)
    const stem = entry.name.slice(0, -'.ts'.length)
    const wrong = isName(stem) ? whatIsWrong(entry) : `${quote(stem)} cannot name a router: ${NAME_RULE}`
    if (wrong !== undefined) {
      refused.push({ path, message: wrong })
      continue
    }
    const tables = await findTables(folder, stem, entries, refused)
    routers.push({
      router: tenant === '' ? stem : `${tenant}/${stem}`,
      file: path,
      folder,
      subfolders: tenant !== '',
      tables,
    })
  }
  return { routers, refused }
}

/** The names in `root` that are, or look like, tenants'. */
export async function listTenants(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
  return folders
    .map(({ name }) => name)
    .filter(isTenantName)
    .sort()
}

/** The routers of one tenant in its folder at `path`, none when there is no such folder. */
export async function scanTenant(path: string, tenant: string): Promise<Listing> {
  const found = await lstat(path).catch(() => undefined)
  const refuse = (message: string): Listing => ({ routers: [], refused: [{ path, message }] })
  if (found?.isSymbolicLink() && (await isFolder(path))) return refuse('a tenant is a folder, not a link to one')
  if (!found?.isDirectory()) return { routers: [], refused: [] }
  if (!isName(tenant)) return refuse(`${quote(tenant)} cannot name a tenant: ${NAME_RULE}`)
  return await scanFolder(await realpath(path), tenant)
}

/** The routers of a tenant whose folder the configuration names; `root` is the operator's. */
export async function scanPlace(path: string, tenant: string, root: string): Promise<Listing> {
  const refused: Refused[] = []
  const setting = `tenants.named.${tenant}.path`
  const shadow = join(root, tenant)
  if (await isFolder(shadow)) refused.push({ path: shadow, message: `not looked at: ${setting} says ${quote(path)}` })
  const real = await realFolder(path)
  if (real !== undefined && (isInside(real, root) || isInside(root, real) || real === root)) {
    refused.push({
      path,
      message: `${setting} leads to ${real}, where the operator's routers are; each has its own folder`,
    })
    return { routers: [], refused }
  }
  const link = real === undefined && (await isFolder(path))
  if (real === undefined && !link)
    refused.push({ path, message: `${setting} names no folder; it is served when there is one` })
  const found = await scanTenant(path, tenant)
  return { routers: found.routers, refused: [...refused, ...found.refused] }
}

function whatIsWrong(entry: Dirent): string | undefined {
  if (entry.isFile()) return undefined
  return `a router is a regular file${entry.isSymbolicLink() ? '; links are not followed' : ''}`
}

async function findTables(folder: string, stem: string, entries: Dirent[], refused: Refused[]): Promise<Tables> {
  const tables: Record<string, { file: string; stamp: string }> = Object.create(null)
  for (const { name } of entries) {
    const { router, table } = tableOf(name) ?? {}
    if (router !== stem || table === undefined) continue
    const path = join(folder, name)
    const file = await resolveInside(folder, name)
    if (file === undefined) refused.push({ path, message: 'a table is a regular file in the folder of its router' })
    else if (tables[table] !== undefined)
      refused.push({ path, message: `the table ${table} is read from ${tables[table].file}; remove one of the two` })
    else tables[table] = { file, stamp: await fingerprint(file) }
  }
  return { ...tables }
}

/** The real path of a regular file in `folder` or below it, `undefined` for anything else. */
async function resolveInside(folder: string, name: string): Promise<string | undefined> {
  try {
    const target = await realpath(join(folder, name))
    const inside = target.startsWith(folder + sep) && (await stat(target)).isFile()
    return inside ? target : undefined
  } catch {
    return undefined
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

export const ABSENT = 'absent'

/** A text that changes when the content of a file does; `ABSENT` when there is none. */
export async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return `${size}-${ino}-${mtimeNs}-${ctimeNs}`
  } catch {
    return ABSENT
  }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1
}

function quote(name: string): string {
  return JSON.stringify(name)
}
