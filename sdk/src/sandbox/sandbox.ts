import type { CloseDecision, Decision, ForwardDecision } from '../decision.ts'
import type { Endpoint } from '../router.ts'

/**
 * The wall between connections and tenants' code. What stands behind it (a process, an isolate in this process) is the
 * implementation's business; what comes over it has been parsed and is within its limits.
 */
export interface Sandbox {
  /**
   * Loads a version wherever it will be asked. Resolves when every host has it, it has described itself and answered a first
   * question (no bytes at all, from 192.0.2.1).
   *
   * @throws LoadFailure when the router's own code is to blame, any other error when the sandbox is.
   */
  load(version: SandboxVersion): Promise<RouterDescription>
  /** Forgets a version once what it was asked has been answered. */
  unload(id: number): void
  /** Asks a loaded version one question; `answered` is called exactly once, never before `ask` returns. */
  ask(id: number, question: Question, answered: (reply: Reply) => void): void
  /**
   * Bytes of all that a loaded version holds, its garbage collected first; `undefined` where that cannot be said: it is not
   * loaded, or its host is lost. It takes milliseconds in which the host answers nobody: for tests, not for serving.
   */
  measure(id: number): Promise<number | undefined>
  /** Ends every host. Questions in flight are answered as failed. */
  close(): Promise<void>
}

/** One compiled router: what crosses the wall when it is loaded. */
export interface SandboxVersion {
  /** Unique among all versions of all routers in this process tree. */
  readonly id: number
  /** The router's name, such as `git` or `acme/git`. Strikes are counted by it. */
  readonly router: string
  /** The bundle: one script that assigns the router module's exports to `pointsmanRouter`. */
  readonly code: string
  /** Whose the router is; empty for the operator's own. Its tenants share the sandbox's time fairly. */
  readonly tenant: string
  /** Versions of different cordons never share a host. Hosts of a cordon named `untrusted`, or `untrusted:…`, may have thicker walls. */
  readonly cordon: string
  readonly limits: VersionLimits
}

/** Limits on what one version, and its tenant, may use; they hold for as long as the version is loaded. */
export interface VersionLimits extends CodeLimits {
  /** CPU milliseconds in a second of all versions of its tenant; 0 is no limit. */
  readonly cpuPerSecond: number
  /** CPU milliseconds that the tenant may use at once after a quiet time. */
  readonly cpuBurst: number
  /** Questions of its tenant asked and not answered; 0 is no limit. */
  readonly decisionsInFlight: number
}

/** Limits that hold inside a host. Times are in whole milliseconds above 0. */
export interface CodeLimits {
  /** CPU time of one decision. */
  readonly decisionTime: number
  /** CPU time of loading. */
  readonly loadTime: number
  /** Heap of one isolate in bytes, a multiple of 1 MiB, at least 8 MiB. */
  readonly isolateMemory: number
}

/** Limits on hosts, whatever versions they hold. */
export interface SandboxLimits {
  /** Wall milliseconds of one decision after which its host is killed; longer for versions whose `decisionTime` is. */
  readonly decisionDeadline: number
  /** Resident bytes of one host process. */
  readonly hostMemory: number
}

export type Hook = 'route' | 'onConnect' | 'onConnectError' | 'onInactivity'

/** Where a router wants to listen. */
export interface ListenDescription {
  readonly port: number
  readonly host: string | undefined
  /** Host names, and names with `*.` in front, in the form of `hostPattern`; `undefined` for all that nobody else claims. */
  readonly hosts: readonly string[] | undefined
}

/** What a router says of itself when it is loaded. */
export interface RouterDescription {
  readonly listen: ListenDescription | undefined
  readonly hooks: readonly Hook[]
  readonly failure: CloseDecision | ForwardDecision
  /** Its decisions may be remembered, and given again to questions that agree in what they read. */
  readonly memo: boolean
}

/** Everything that a decision may depend on. */
export interface Question {
  readonly hook: Hook
  readonly bytes: Uint8Array
  readonly facts: Facts
}

/** The part of a question that is not bytes; plain JSON. */
export interface Facts {
  readonly final: boolean
  readonly client: Endpoint
  readonly local: Endpoint
  readonly listener: string
  readonly now: number
  /** Values fetched so far for this decision: table, then key. `null` stands for a key that the table does not have. */
  readonly lookups: Readonly<Record<string, Readonly<Record<string, string | null>>>>
  /** The second argument of `onConnectError` and `onInactivity`. */
  readonly event?: Readonly<Record<string, unknown>>
}

export type Reply = Answered | NeedsLookup | Failed

interface Measured {
  /** CPU time of the decision in microseconds. */
  readonly cpu: number
  /** What the router logged, already cut and escaped. */
  readonly log: readonly string[]
}

export interface Answered extends Measured {
  readonly kind: 'answered'
  readonly decision: Decision
  /** Which facts it depends on, in bits of `READ`. */
  readonly read: number
}

/** The decision is suspended until the value of `key` in `table` is known; ask again with it in `facts.lookups`. */
export interface NeedsLookup extends Measured {
  readonly kind: 'lookup'
  readonly table: string
  readonly key: string
  /** Which facts were read before, in bits of `READ`. */
  readonly read: number
}

/** The router, or the sandbox, did not give an answer. The connection gets the router's `failure` answer. */
export interface Failed extends Measured {
  readonly kind: 'failed'
  readonly failure: Failure
  readonly message: string
  /** Where in the bundle it threw, where that is known. */
  readonly position?: Position | undefined
}

/** A place in a bundle, both counted from 1; `router-sdk/locate` finds the author's line. */
export interface Position {
  readonly line: number
  readonly column: number
}

export type Failure =
  /** The router threw. */
  | 'threw'
  /** It used up its CPU time. */
  | 'timeout'
  /** Its isolate outgrew its memory. */
  | 'memory'
  /** Its answer is none. */
  | 'bad-answer'
  /** Its host had to be killed, or died, while answering it. */
  | 'killed'
  /** It is in quarantine after strikes and was not asked. */
  | 'quarantined'
  /** Its tenant has as many questions in flight as it may. */
  | 'over-limit'
  /** No host could be had, its tenant had used up its CPU time for too long, or the sandbox is closing. */
  | 'unavailable'

/** The router's own code could not be loaded: it threw, ran out of time or memory, or does not describe a router. */
export class LoadFailure extends Error {
  readonly position: Position | undefined

  constructor(message: string, position?: Position) {
    super(message)
    this.position = position
  }
}
