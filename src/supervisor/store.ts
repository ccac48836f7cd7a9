import { OperatorMistake } from '../operator-mistake.ts'
import type { Tables } from '../worker/messages.ts'

/** One router as its store has it. */
export interface RouterSource {
  /** `git`, or `acme/git` for a tenant's. */
  readonly router: string
  /** Absolute path of its source. */
  readonly file: string
  /** The folder that it may import from. */
  readonly folder: string
  /** Whether it may import from folders below that one. */
  readonly subfolders: boolean
  readonly tables: Tables
}

/** Something that looks like a router and is not taken for one. */
export interface Refused {
  readonly path: string
  /** Begins with what was found and says what is allowed; does not repeat the path. */
  readonly message: string
}

export interface Listing {
  /** By name. */
  readonly routers: readonly RouterSource[]
  readonly refused: readonly Refused[]
}

export interface StoreEvents {
  /** A router is new, or one of the files that it was compiled from changed. `settle`: milliseconds since the first sign of it. */
  changed(source: RouterSource, settle: number): void
  removed(router: string): void
  /** Only the tables of a router changed. */
  tables(source: RouterSource): void
  refused(refused: Refused): void
  /** The store cannot be read or watched; what it said before still holds. */
  failed(error: Error): void
}

/** Where routers come from. */
export interface RouterStore {
  /** @throws StoreError when there is nothing to list. */
  list(): Promise<Listing>
  /** Starts watching, then lists: no change after the listing goes unnoticed. */
  watch(events: StoreEvents): Promise<Listing>
  /**
   * Says which files a router was compiled from; a change of any of them is a change of the router. `undefined` while that
   * is not known: then any source in its folder counts.
   */
  dependsOn(router: string, inputs: readonly string[] | undefined): void
  close(): Promise<void>
}

/** The routers' place does not exist, or is not what it should be: the operator's mistake. */
export class StoreError extends OperatorMistake {}
