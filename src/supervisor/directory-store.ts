import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { performance } from 'node:perf_hooks'
import { isRouterFile, isTenantName } from 'router-sdk/router-file'
import { tenantOf } from '../tenants/policy.ts'
import { BusyFolders } from './busy-folders.ts'
import { isWatchedFile, listTenants, scanFolder, scanPlace, scanTenant } from './directory-scan.ts'
import { FolderWatch } from './folder-watch.ts'
import { type Settled, Settler } from './settle.ts'
import {
  type Listing,
  type Refused,
  type RouterSource,
  type RouterStore,
  StoreError,
  type StoreEvents,
} from './store.ts'
import type { TenantPlaces } from './tenant-places.ts'

/**
 * Routers in a directory (`git.ts` is the operator's, `acme/git.ts` belongs to tenant `acme`, unless that has a place of its own
 * elsewhere), or one router file. Sources and tables are watched.
 */
export class DirectoryStore implements RouterStore {
  readonly #root: string
  /** The name of the one file that is served, when it is not the whole directory. */
  readonly #only: string | undefined
  readonly #sources = new Map<string, RouterSource>()
  readonly #inputs = new Map<string, ReadonlySet<string> | undefined>()
  /** What was refused in each group, and said so. */
  readonly #refused = new Map<string, readonly Refused[]>()
  readonly #settler = new Settler((settled) => this.#queue(settled))
  /** Of each group, one after the other; groups do not wait for one another. */
  readonly #refreshing = new Map<string, Promise<void>>()
  readonly #watches = new Map<string, FolderWatch>()
  /** Of tenants' folders beside the operator's routers; by tenant. */
  readonly #busy = new BusyFolders({
    files: (tenant) => this.#filesOf(tenant),
    leave: (tenant) => this.#watches.get('')?.leave(this.#folder(tenant)),
    watch: (tenant) => this.#watches.get('')?.rejoin(this.#folder(tenant)),
    touch: (tenant, path) => this.#settler.touch(tenant, path === tenant ? this.#folder(tenant) : path),
  })
  #places: TenantPlaces
  #events: StoreEvents | undefined

  /** @throws StoreError when `path` is neither a directory nor a router file. */
  constructor(path: string, places: TenantPlaces = new Map()) {
    const place = openPlace(path)
    this.#root = place.root
    this.#only = place.only
    this.#places = this.#mine(places)
  }

  /** The directory of the routers. */
  get path(): string {
    return this.#root
  }

  /** Whether there are tenants: where one file is served, nothing else is. */
  get hasTenants(): boolean {
    return this.#only === undefined
  }

  /** What the routers' place is called. */
  get name(): string {
    return basename(this.#only ?? this.#root, '.ts')
  }

  async list(): Promise<Listing> {
    const routers: RouterSource[] = []
    const refused: Refused[] = []
    const tenants = this.#only === undefined ? await listTenants(this.#root).catch(() => []) : []
    for (const group of ['', ...[...new Set([...tenants, ...this.#places.keys()])].sort()]) {
      const failed = (error: Error) => refused.push({ path: this.#folder(group), message: error.message })
      const found = (await this.#scan(group, failed)) ?? { routers: [], refused: [] }
      routers.push(...found.routers)
      refused.push(...found.refused)
      this.#refused.set(group, found.refused)
    }
    return { routers, refused }
  }

  async watch(events: StoreEvents): Promise<Listing> {
    this.#events = events
    await Promise.all([this.#watch(''), ...[...this.#places.keys()].map((tenant) => this.#watch(tenant))])
    const listing = await this.list()
    for (const source of listing.routers) this.#sources.set(source.router, source)
    return listing
  }

  /** The places of tenants are others now: their routers come and go, and nobody else's. */
  async place(places: TenantPlaces): Promise<void> {
    const before = this.#places
    this.#places = this.#mine(places)
    const moved = [...new Set([...before.keys(), ...this.#places.keys()])].filter(
      (tenant) => before.get(tenant) !== this.#places.get(tenant),
    )
    for (const tenant of moved) {
      await this.#watches.get(tenant)?.close()
      this.#watches.delete(tenant)
      if (this.#places.has(tenant)) await this.#watch(tenant)
      this.#settler.touch(tenant, this.#folder(tenant))
    }
  }

  dependsOn(router: string, inputs: readonly string[] | undefined): void {
    // It may have been taken away while it was compiled.
    if (this.#events !== undefined && !this.#sources.has(router)) return
    this.#inputs.set(router, inputs === undefined ? undefined : new Set(inputs))
  }

  async close(): Promise<void> {
    this.#busy.close()
    this.#settler.close()
    await Promise.all([...this.#watches.values()].map((watch) => watch.close()))
    await Promise.all(this.#refreshing.values())
  }

  /** Where one file is served, nothing else is. */
  #mine(places: TenantPlaces): TenantPlaces {
    return this.#only === undefined ? new Map(places) : new Map()
  }

  #folder(group: string): string {
    return this.#places.get(group) ?? join(this.#root, group)
  }

  /** The operator's folder, or a tenant's that is elsewhere. */
  async #watch(group: string): Promise<void> {
    const watch = new FolderWatch({
      path: this.#folder(group),
      flat: this.#only !== undefined,
      touched: (path) => (group === '' ? this.#touch(path) : this.#touchPlace(group, path)),
      failed: (error) => this.#events?.failed(error),
    })
    this.#watches.set(group, watch)
    await watch.start()
  }

  #touchPlace(tenant: string, path: string): void {
    if (isWatchedFile(basename(path)) || !path.startsWith(this.#folder(tenant) + sep)) this.#settler.touch(tenant, path)
  }

  #touch(path: string): void {
    const parts = relative(this.#root, path).split(sep)
    const [first = ''] = parts
    // A folder is looked at as a whole when it comes or goes; of files only those that a router may depend on matter.
    const isFile = isWatchedFile(basename(path))
    if (first === '..') return
    // The folder itself is gone, or is there again.
    if (first === '' || (parts.length === 1 && isFile)) this.#settler.touch('', path)
    else if (this.#places.has(first) && parts.length > 1) return
    else if ((parts.length === 1 || isFile) && this.#only === undefined && isTenantName(first)) {
      this.#busy.changed(first)
      this.#settler.touch(first, path)
    }
  }

  /** What the routers of a tenant are compiled from, or were refused for. */
  *#filesOf(tenant: string): Iterable<string> {
    for (const { router, file } of this.#ofGroup(tenant)) {
      yield file
      yield* this.#inputs.get(router) ?? []
    }
  }

  #queue(settled: Settled): void {
    const { group } = settled
    const before = this.#refreshing.get(group) ?? Promise.resolve()
    const refreshed = before
      .then(() => this.#refresh(settled))
      .finally(() => {
        if (this.#refreshing.get(group) === refreshed) this.#refreshing.delete(group)
      })
    this.#refreshing.set(group, refreshed)
  }

  async #refresh({ group, paths, since }: Settled): Promise<void> {
    const events = this.#events
    if (events === undefined) return
    const found = await this.#scan(group, (error) => events.failed(error))
    if (found === undefined) return
    this.#reportRefused(group, found.refused, events)
    const settle = Math.round(performance.now() - since)
    const names = new Set(found.routers.map(({ router }) => router))
    for (const source of this.#ofGroup(group)) if (!names.has(source.router)) this.#remove(source.router, events)
    for (const source of found.routers) {
      const before = this.#sources.get(source.router)
      this.#sources.set(source.router, source)
      const moved = before?.file !== source.file
      if (moved || this.#isAffected(source, paths)) events.changed(source, settle)
      else if (JSON.stringify(before?.tables) !== JSON.stringify(source.tables)) events.tables(source)
    }
  }

  #remove(router: string, events: StoreEvents): void {
    this.#sources.delete(router)
    this.#inputs.delete(router)
    events.removed(router)
  }

  #isAffected(source: RouterSource, paths: ReadonlySet<string>): boolean {
    if (paths.has(source.file)) return true
    const inputs = this.#inputs.get(source.router)
    if (inputs !== undefined) return [...paths].some((path) => inputs.has(path))
    return [...paths].some((path) => path.endsWith('.ts') && (source.subfolders || dirname(path) === source.folder))
  }

  #ofGroup(group: string): RouterSource[] {
    return [...this.#sources.values()].filter(({ router }) => tenantOf(router) === group)
  }

  /** `undefined` when a folder cannot be read; a tenant's folder that is gone has no routers. */
  async #scan(group: string, failed: (error: Error) => void): Promise<Listing | undefined> {
    try {
      const place = this.#places.get(group)
      if (place !== undefined) return await scanPlace(place, group, this.#root)
      return group === '' ? await this.#scanRoot() : await scanTenant(this.#folder(group), group)
    } catch (error) {
      failed(new StoreError(`the folder ${this.#folder(group)} cannot be read (${errorCode(error)})`))
      return undefined
    }
  }

  async #scanRoot(): Promise<Listing> {
    const found = await scanFolder(this.#root, '')
    if (this.#only === undefined) return found
    const file = join(this.#root, this.#only)
    const refused = found.refused.filter(({ path }) => path === file)
    return { routers: found.routers.filter((source) => source.file === file), refused }
  }

  #reportRefused(group: string, refused: readonly Refused[], events: StoreEvents): void {
    const before = this.#refused.get(group) ?? []
    if (refused.length === 0) this.#refused.delete(group)
    else this.#refused.set(group, refused)
    for (const entry of refused)
      if (!before.some(({ path, message }) => path === entry.path && message === entry.message)) events.refused(entry)
  }
}

function openPlace(path: string): { root: string; only: string | undefined } {
  const absolute = resolve(path)
  const kind = statSync(absolute, { throwIfNoEntry: false })
  if (kind === undefined) throw new StoreError(`there is no file or directory ${path}`)
  if (kind.isDirectory()) return { root: realpathSync(absolute), only: undefined }
  if (!isRouterFile(basename(absolute)))
    throw new StoreError(`${path} is not a router: routers are directories or .ts files (not .test.ts, .d.ts or _….ts)`)
  try {
    readFileSync(absolute)
  } catch (error) {
    throw new StoreError(`${path} cannot be read (${errorCode(error)})`)
  }
  return { root: realpathSync(dirname(absolute)), only: basename(absolute) }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
