import type { HostLaunch, Position, RouterDescription, SandboxVersion } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import type { WorkerReport } from '../control/status.ts'
import type { FirstDecisions } from '../supervisor/probation.ts'

/**
 * What supervisor and worker say to each other, over Node's IPC channel. Both are ours and trusted; what a worker passes on
 * from a sandbox host (a description, a message) was parsed by the worker.
 *
 * A new version goes to every worker twice: `warm`, answered by `warmed` or `warm-failed`, and when all have warmed,
 * `activate`, answered by `activated` or `activate-failed`. `discard` takes back a warmed version that will not be activated.
 */
export type ToWorker =
  | { readonly type: 'start'; readonly index: number; readonly settings: Settings; readonly hostLaunch: HostLaunch }
  | { readonly type: 'configure'; readonly settings: Settings }
  | { readonly type: 'warm'; readonly version: SandboxVersion; readonly about: AboutVersion; readonly tables: Tables }
  /** `watch`: so many of its first decisions are counted, and reported by `first-decisions`. */
  | {
      readonly type: 'activate'
      readonly id: number
      readonly router: string
      readonly listen: BoundListen
      readonly watch?: number
    }
  | { readonly type: 'discard'; readonly id: number }
  | { readonly type: 'retire'; readonly router: string }
  | { readonly type: 'tables'; readonly router: string; readonly tables: Tables }
  | { readonly type: 'drain'; readonly deadline: number | null }
  | { readonly type: 'reopen-logs' }
  /** Answered by `pong`, at once: a worker that does not is taken for dead. */
  | { readonly type: 'ping' }
  /** Answered by `report` with the same id. */
  | { readonly type: 'report'; readonly id: number }
  /** Ends the quarantines of a tenant's routers. */
  | { readonly type: 'release'; readonly tenant: string }

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'pong' }
  | { readonly type: 'warmed'; readonly id: number; readonly description: RouterDescription }
  | {
      readonly type: 'warm-failed'
      readonly id: number
      readonly fault: 'router' | 'sandbox'
      readonly message: string
      /** Where in the bundle the router threw, where that is known. */
      readonly position?: Position
    }
  | { readonly type: 'activated'; readonly id: number }
  | { readonly type: 'activate-failed'; readonly id: number; readonly message: string }
  | { readonly type: 'connections'; readonly current: number; readonly max: number; readonly total: number }
  | { readonly type: 'report'; readonly id: number; readonly report: WorkerReport }
  /** Each count is of all so far. */
  | { readonly type: 'first-decisions'; readonly counts: readonly FirstDecisions[] }
  /** Every connection has ended; the worker exits. `forced` counts those that the deadline ended. */
  | { readonly type: 'drained'; readonly forced: number }

/** What records and log lines say of a version. */
export interface AboutVersion {
  /** 1 for the first version of a router since the start. */
  readonly number: number
  /** The bundle's hash. */
  readonly bundle: string
  /** For naming the author's line when the router throws. */
  readonly sourceMap: string
}

/** Table name → the file's path and a stamp that changes when its content does. */
export type Tables = Readonly<Record<string, { readonly file: string; readonly stamp: string }>>

/** Where a router listens: never at port 0, which the supervisor has resolved. */
export interface BoundListen {
  readonly host: string
  readonly port: number
  /** The host names whose connections are the router's, in the form of `hostPattern`; `undefined` for all that no other has. */
  readonly hosts: readonly string[] | undefined
}
