import type { BoundListen } from '../worker/messages.ts'
import type { Account } from './account.ts'
import type { Compiled } from './compiling.ts'
import type { FirstDecisions } from './probation.ts'
import type { RouterSource } from './store.ts'

/** What is served of a router. */
export interface Served {
  /** Of its present deployment. */
  readonly id: number
  readonly number: number
  readonly bundle: string
  readonly compiled: Compiled
  /** Its limits, and whom it may share a host with, as a text to compare. */
  readonly terms: string
}

/** All that the deployer knows of one router. */
export interface Slot {
  /** `undefined` once the file is gone. */
  source: RouterSource | undefined
  /** Set while a deployment runs; what comes meanwhile only sets `next`, `failing` or `stale`. */
  running: Promise<void> | undefined
  next: { readonly settle: number } | undefined
  failing: FirstDecisions | undefined
  /** What is served has limits that are not those of the configuration any more. */
  stale: boolean
  /** Deployments in a row that a newer change stopped. */
  overtaken: number
  /** Versions so far, for numbering them. */
  versions: number
  active: Served | undefined
  /** What was served before, while it is not known yet whether the new version is any good. */
  before: Served | undefined
  failure: Account | undefined
  /** The newest version failed in service: it is not tried again until it changes, or is released. */
  rolledBack: boolean
  /** The router whose port is in the way. */
  blockedBy: string | undefined
  /** It was refused because its tenant has as many routers as it may. */
  oneTooMany: boolean
}

/** `versions`: so many it had before. */
export function emptySlot(versions: number): Slot {
  return {
    source: undefined,
    running: undefined,
    next: undefined,
    failing: undefined,
    stale: false,
    overtaken: 0,
    versions,
    active: undefined,
    before: undefined,
    failure: undefined,
    rolledBack: false,
    blockedBy: undefined,
    oneTooMany: false,
  }
}

/** What became of a router. */
export interface RouterState {
  readonly router: string
  readonly active: { readonly number: number; readonly bundle: string } | undefined
  readonly failure: Account | undefined
  /** Its newest version failed in service, and an older one serves again. */
  readonly rolledBack: boolean
}

/** A router that is served, with its address. */
export interface ServedAt {
  readonly router: string
  readonly listen: BoundListen
}
