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
}

export interface RouterLimits {
  /** CPU time of one decision. */
  readonly decisionTime: number
  /** Wall time of one decision after which its host is killed. */
  readonly decisionDeadline: number
  readonly loadTime: number
  readonly isolateMemory: number
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

export interface IsolationSettings {
  /** Layers without which the program refuses to start. */
  readonly require: readonly IsolationLayer[]
  /** Numeric user and group for sandbox hosts when started as root. */
  readonly user: number
  /** Sandbox hosts run without a JIT compiler: slower loops, smaller attack surface. */
  readonly jitless: boolean
}

export const ISOLATION_LAYERS = [
  'process',
  'permission',
  'limits',
  'user',
  'network',
  'parent-death',
  'jitless',
] as const
export type IsolationLayer = (typeof ISOLATION_LAYERS)[number]
