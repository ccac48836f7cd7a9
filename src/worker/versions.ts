import { LoadFailure, type ProcessSandbox } from 'router-sdk/sandbox'
import type { FileLookup } from '../lookup/file-lookup.ts'
import type { ActiveRouters } from './active-routers.ts'
import type { FirstDecisions } from './first-decisions.ts'
import type { Listeners } from './listeners.ts'
import type { Memo } from './memo.ts'
import type { FromWorker, ToWorker } from './messages.ts'

export interface VersionsOptions {
  readonly sandbox: ProcessSandbox
  readonly lookup: FileLookup
  readonly memo: Memo
  readonly routers: ActiveRouters
  readonly listeners: Listeners
  readonly firstDecisions: FirstDecisions
  readonly tell: (message: FromWorker) => void
  /** Another set of routers is served, or at other places. */
  readonly changed: () => void
}

/** What becomes of a router version in this worker, as its supervisor says: warmed, activated or discarded, and retired. */
export class Versions {
  readonly #options: VersionsOptions
  /** Those that are being loaded, and those of them that nobody waits for any more. */
  readonly #warming = new Set<number>()
  readonly #discarded = new Set<number>()

  constructor(options: VersionsOptions) {
    this.#options = options
  }

  async warm({ version, about, tables }: Extract<ToWorker, { type: 'warm' }>): Promise<void> {
    const { sandbox, lookup, memo, routers, tell } = this.#options
    const { id, router } = version
    lookup.setTables(router, tables)
    this.#warming.add(id)
    try {
      const description = await sandbox.load(version).finally(() => this.#warming.delete(id))
      if (this.#discarded.delete(id)) return this.#unload(id)
      routers.warmed({ id, router, about, description })
      if (description.memo) memo.add(version)
      tell({ type: 'warmed', id, description })
    } catch (error) {
      this.#discarded.delete(id)
      const message = error instanceof Error ? error.message : String(error)
      const position = error instanceof LoadFailure ? error.position : undefined
      const fault = error instanceof LoadFailure ? 'router' : 'sandbox'
      tell({ type: 'warm-failed', id, fault, message, ...(position && { position }) })
    }
  }

  discard(id: number): void {
    if (this.#warming.has(id)) this.#discarded.add(id)
    this.#options.routers.discard(id)
    this.#unload(id)
  }

  /** The new listener is opened before the old one is closed, and the version switched when both stand. */
  async activate({ id, router, listen, watch }: Extract<ToWorker, { type: 'activate' }>): Promise<void> {
    const { routers, listeners, firstDecisions, tell, changed } = this.#options
    try {
      const place = await listeners.reserve(listen)
      try {
        const replaced = routers.activate(id)
        if (watch !== undefined) firstDecisions.watch(id, watch)
        if (replaced !== undefined) this.#unload(replaced.id)
        place.give(router, listen.hosts)
      } finally {
        place.release()
      }
      changed()
      tell({ type: 'activated', id })
    } catch (error) {
      tell({ type: 'activate-failed', id, message: error instanceof Error ? error.message : String(error) })
    }
  }

  retire(router: string): void {
    const { routers, listeners, lookup, changed } = this.#options
    listeners.retire(router)
    const retired = routers.retire(router)
    if (retired !== undefined) this.#unload(retired.id)
    lookup.removeRouter(router)
    changed()
  }

  #unload(id: number): void {
    const { sandbox, memo, firstDecisions } = this.#options
    firstDecisions.forget(id)
    memo.remove(id)
    sandbox.unload(id)
  }
}
