import type { IsolationLayer } from 'router-sdk/limits'
import type { LaunchSettings, SandboxLimits } from 'router-sdk/sandbox'

/**
 * Every setting, checked: what the rest of the program sees of the configuration. Times are milliseconds and sizes bytes
 * unless a comment says otherwise. Ranges and defaults stand in `schema.ts`.
 */
export interface Settings {
  /** For routers that name no port. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Worker processes; each binds every listener. */
  readonly workers: number
  /** Sandbox hosts of each worker, a warm spare aside. */
  readonly hosts: number
  readonly preread: { readonly limit: number; readonly time: number }
  readonly connect: { readonly timeout: number; readonly retries: number; readonly retryDelay: number }
  /** `idleTimeout`: without a byte either way; 0 means none. `keepAlive`: before the first TCP keep-alive probe. */
  readonly relay: { readonly idleTimeout: number; readonly keepAlive: number }
  readonly router: RouterLimits
  /** Resident memory of a sandbox host. */
  readonly hostMemory: number
  readonly strikes: StrikeRules
  readonly dns: DnsSettings
  /** Connections of one worker; 0 takes as many as its descriptors allow. */
  readonly maxConnections: number
  /** How long TERM and INT wait for connections. */
  readonly drainTime: number
  readonly tables: { readonly maxBytes: number }
  readonly log: LogSettings
  readonly isolation: IsolationSettings
  readonly record: RecordSettings
}

export interface RouterLimits extends Omit<SandboxLimits, 'hostMemory'> {
  /** All source files of one router together. */
  readonly sourceBytes: number
  /** Wall time of compiling, and of type-checking. */
  readonly compileTime: number
}

export interface StrikeRules {
  /** Strikes within `window` that lead to quarantine. */
  readonly limit: number
  readonly window: number
  /** The first quarantine; doubled for each that follows, up to `quarantineMax`. */
  readonly quarantine: number
  readonly quarantineMax: number
}

export interface DnsSettings {
  /** `address` or `address:port`; empty takes the system's. */
  readonly servers: readonly string[]
  readonly minTtl: number
  readonly maxTtl: number
  /** How long an answer serves on after its time when the resolver fails. */
  readonly staleFor: number
  readonly timeout: number
}

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** JSON lines; `null` is standard output. */
  readonly file: string | null
  /** Access records: `null` puts them with the log, `false` writes none. */
  readonly access: string | null | false
  /** For a reader at a terminal; `auto` when standard output is one. */
  readonly pretty: boolean | 'auto'
}

/** Recording what routers are asked and answer, for `router-sdk replay`. */
export interface RecordSettings {
  /** Appended to; `null` records nothing. */
  readonly file: string | null
  /** No connection is written that would make the file longer. */
  readonly maxBytes: number
  /** The share of connections that are recorded, 0 to 1. */
  readonly sample: number
}

export interface IsolationSettings extends LaunchSettings {
  /** Layers without which the program refuses to start. */
  readonly require: readonly IsolationLayer[]
}
