import { stat } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import type { Tables } from '../worker/messages.ts'
import type { Lookup } from './lookup.ts'
import { type Allowance, TableBudget } from './table-budget.ts'
import { TableError, type TableImage } from './table-image.ts'
import { TableLoader } from './table-loader.ts'

/** How long a look-up waits for a table that is being read for the first time. */
const FIRST_LOAD_LIMIT = 5000

export type LookupAnswered = (value: string | null | Error) => void

/** What became of a table's file: `keys` when it is served now, `error` when what was served before still is. */
export interface TableReport {
  readonly router: string
  readonly table: string
  readonly file: string
  readonly keys: number | undefined
  readonly error: string | undefined
  /** Milliseconds since the file was announced. */
  readonly ms: number
}

interface Table {
  file: string
  stamp: string
  image: TableImage | undefined
  /** Why there is no image, once loading has failed. */
  error: Error | undefined
  /** Look-ups that came while it was read for the first time. */
  readonly waiting: Set<() => void>
}

/** The tables beside the routers, in memory; `report` hears of each one that was read or refused. */
export class FileLookup implements Lookup {
  readonly #loader = new TableLoader()
  readonly #routers = new Map<string, Map<string, Table>>()
  readonly #report: (report: TableReport) => void
  readonly #allowance: (router: string) => Allowance | undefined
  readonly #changed: (router: string) => void
  readonly #budget = new TableBudget()
  #maxBytes: number

  /**
   * `maxBytes`: the largest file that is read. `allowance`: what holds for a router's tenant; it is asked for each reading.
   * `changed`: a look-up of a router may now give another value than before.
   */
  constructor(
    maxBytes: number,
    report: (report: TableReport) => void,
    allowance: (router: string) => Allowance | undefined = () => undefined,
    changed: (router: string) => void = () => {},
  ) {
    this.#maxBytes = maxBytes
    this.#report = report
    this.#allowance = allowance
    this.#changed = changed
  }

  configure(maxBytes: number): void {
    this.#maxBytes = maxBytes
  }

  /** Says which tables a router has now; reading those that are new or changed starts, others are kept or dropped. */
  setTables(router: string, tables: Tables): void {
    const known = this.#routers.get(router) ?? new Map<string, Table>()
    this.#routers.set(router, known)
    for (const [name, table] of known) {
      if (Object.hasOwn(tables, name)) continue
      known.delete(name)
      const { tenant = '' } = this.#allowance(router) ?? {}
      this.#budget.set(tenant, keyOf(router, name), 0)
      this.#changed(router)
      fail(table, new Error(`the table ${name} of router ${router} was removed`))
    }
    for (const [name, { file, stamp }] of Object.entries(tables)) {
      const table = known.get(name) ?? { file, stamp: '', image: undefined, error: undefined, waiting: new Set() }
      if (table.stamp === stamp && table.file === file) continue
      known.set(name, Object.assign(table, { file, stamp }))
      void this.#load(router, name, table, stamp)
    }
  }

  removeRouter(router: string): void {
    this.setTables(router, {})
    this.#routers.delete(router)
  }

  get(router: string, name: string, key: string, answered: LookupAnswered): void {
    const table = this.#routers.get(router)?.get(name)
    if (table === undefined) {
      answered(missing(router, name))
      return
    }
    if (table.image !== undefined || table.error !== undefined) {
      answered(readKey(table, key))
      return
    }
    const answer = () => {
      clearTimeout(limit)
      table.waiting.delete(answer)
      answered(readKey(table, key))
    }
    const limit = setTimeout(answer, FIRST_LOAD_LIMIT)
    table.waiting.add(answer)
  }

  /** Drops everything; look-ups that wait are answered with an error. */
  async close(): Promise<void> {
    for (const router of [...this.#routers.keys()]) this.removeRouter(router)
    await this.#loader.close()
  }

  async #load(router: string, name: string, table: Table, stamp: string): Promise<void> {
    const { file } = table
    const started = performance.now()
    const read = await this.#readWithin(router, name, file)
    if (table.stamp !== stamp || this.#routers.get(router)?.get(name) !== table) return // a newer file is being read
    const failed = read instanceof Error
    if (!failed) Object.assign(table, { image: read, error: undefined })
    else if (table.image === undefined) table.error = new Error(`table ${name} of router ${router}: ${read.message}`)
    this.#changed(router)
    for (const answer of [...table.waiting]) answer()
    const ms = Math.round(performance.now() - started)
    this.#report({
      router,
      table: name,
      file,
      ms,
      keys: failed ? undefined : read.size,
      error: failed ? read.message : undefined,
    })
  }

  /** What a table has counts from now on; when it cannot be read, what the one before had. */
  async #readWithin(router: string, name: string, file: string): Promise<TableImage | TableError> {
    const allowance = this.#allowance(router)
    if (allowance === undefined) return this.#read(file, this.#maxBytes)
    const { tenant, bytes, setting } = allowance
    const key = keyOf(router, name)
    const size = await sizeOf(file)
    const others = this.#budget.besides(tenant, key)
    if (size > bytes - others)
      return new TableError(
        `${file} has ${size} bytes, and other tables of the tenant ${others}; allowed are ${bytes} together (${setting})`,
      )
    const before = this.#budget.sizeOf(tenant, key)
    this.#budget.set(tenant, key, size)
    const read = await this.#read(file, Math.min(this.#maxBytes, bytes - others))
    if (read instanceof TableError) this.#budget.set(tenant, key, before)
    return read
  }

  async #read(file: string, maxBytes: number): Promise<TableImage | TableError> {
    try {
      return await this.#loader.load(file, maxBytes)
    } catch (error) {
      const why = error instanceof TableError ? error.message : `could not be read: ${String(error)}`
      return new TableError(`${file} ${why}`)
    }
  }
}

function keyOf(router: string, name: string): string {
  return `${router}.${name}`
}

/** 0 for what is not there: reading finds out why, and says it. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}

function readKey(table: Table, key: string): string | null | Error {
  if (table.image !== undefined) return table.image.get(key) ?? null
  return table.error ?? new Error(`${table.file} was not read within ${FIRST_LOAD_LIMIT} ms`)
}

function fail(table: Table, error: Error): void {
  table.image = undefined
  table.error = error
  for (const answer of [...table.waiting]) answer()
}

function missing(router: string, name: string): Error {
  const stem = `${router.slice(router.lastIndexOf('/') + 1)}.${name}`
  return new Error(`router ${router} has no table ${name}: neither ${stem}.json nor ${stem}.csv is beside it`)
}
