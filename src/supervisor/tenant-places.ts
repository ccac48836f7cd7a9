import { realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { ConfigError } from '../config/config-error.ts'
import type { Settings } from '../config/settings.ts'

/** The folders of tenants that have one of their own elsewhere than beside the operator's routers. */
export type TenantPlaces = ReadonlyMap<string, string>

/** Absolute paths by tenant. */
export function placesOf({ tenants }: Settings): TenantPlaces {
  const given = Object.entries(tenants.named).flatMap(([tenant, { path }]) =>
    path === undefined ? [] : [[tenant, path] as const],
  )
  return new Map(given)
}

/**
 * No tenant's folder may be another's, in another's, or among the operator's routers: whoever writes there could write for both.
 *
 * @throws ConfigError
 */
export function assertApart(root: string, places: TenantPlaces): void {
  const known: { readonly path: string; readonly whose: string }[] = [
    { path: root, whose: `the folder of the routers, ${root}` },
  ]
  for (const [tenant, path] of places) {
    const real = realPlace(path)
    for (const other of known)
      if (overlap(real, other.path))
        throw new ConfigError(
          `tenants.named.${tenant}.path is ${JSON.stringify(path)}, which ${relation(real, other.path)} ${other.whose}; each tenant needs a folder apart from all others`,
        )
    known.push({ path: real, whose: `the folder of tenant ${tenant}, ${path}` })
  }
}

function relation(path: string, other: string): string {
  if (path === other) return 'is'
  return isInside(path, other) ? 'is in' : 'contains'
}

function overlap(path: string, other: string): boolean {
  return path === other || isInside(path, other) || isInside(other, path)
}

export function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** Where a path leads to now, as far as there is something. */
function realPlace(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return dirname(path) === path ? path : join(realPlace(dirname(path)), basename(path))
  }
}
