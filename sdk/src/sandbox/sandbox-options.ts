import type { HostLoss } from './host-process.ts'
import type { SandboxLimits, VersionLimits } from './sandbox.ts'
import type { StrikeRules } from './strikes.ts'

export interface ProcessSandboxOptions {
  /** Program and arguments that start a sandbox host; its own arguments are appended. */
  readonly command: readonly string[]
  /** The same for hosts of untrusted cordons, where they have thicker walls. */
  readonly untrustedCommand?: readonly string[]
  /** Hosts that share the questions of a cordon, a warm spare and hosts for struck routers aside. 0: the spare answers, too. */
  readonly hosts: number
  readonly limits: SandboxLimits
  /** Milliseconds after which a version that nobody asks about is unloaded; it is back on its next question. */
  readonly idleVersion?: number
  /** How long hosts of a cordon outlive its last version, in milliseconds. */
  readonly cordonLinger?: number
  readonly strikes: StrikeRules
  /** A host has begun to serve: from now on others wait for what it is asked. */
  readonly serves?: (pid: number) => void
  /** A host of a cordon is gone, for whatever reason: what came from hosts of that cordon should be trusted no longer. */
  readonly gone?: (cordon: string) => void
  /** Told of what an operator should know. */
  readonly report: (event: SandboxEvent) => void
}

export type SandboxEvent =
  /** `router` is the one to blame, where one is known. */
  | {
      readonly kind: 'host-lost'
      readonly pid: number
      readonly loss: HostLoss
      readonly detail: string
      readonly router?: string
    }
  | { readonly kind: 'strike'; readonly router: string; readonly reason: string; readonly strikes: number }
  | { readonly kind: 'quarantined'; readonly router: string; readonly milliseconds: number }
  /** A limit bit: a question waits, or fails. Told for each, but of `decisionTime` only where a host was killed for it: its reply does not say so. */
  | {
      readonly kind: 'limited'
      readonly tenant: string
      readonly limit: Extract<keyof VersionLimits, 'cpuPerSecond' | 'decisionsInFlight' | 'decisionTime'>
    }
