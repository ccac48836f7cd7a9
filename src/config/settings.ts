import type { IsolationLayer } from 'router-sdk/limits'
import type { CodeLimits, LaunchSettings, SandboxLimits } from 'router-sdk/sandbox'

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
  /** How sockets are spoken to: `auto` takes epoll where the system and this Node have what it needs, else net. */
  readonly transport: 'auto' | 'epoll' | 'net'
  readonly preread: PrereadSettings
  readonly connect: { readonly timeout: number; readonly retries: number; readonly retryDelay: number }
  /** `idleTimeout`: without a byte either way; 0 means none. `keepAlive`: before the first TCP keep-alive probe. */
  readonly relay: { readonly idleTimeout: number; readonly keepAlive: number }
  readonly router: RouterLimits
  /** Resident memory of a sandbox host. */
  readonly hostMemory: number
  /** Milliseconds after which a version that nobody asks about is evicted from sandbox hosts; it is back on its next question. */
  readonly idleVersion: number
  readonly strikes: StrikeRules
  readonly rollback: RollbackRules
  readonly tenants: TenantSettings
  readonly dns: DnsSettings
  /** Connections of one worker; 0 takes as many as its descriptors allow. */
  readonly maxConnections: number
  /** How long TERM and INT wait for connections. */
  readonly drainTime: number
  readonly tables: { readonly maxBytes: number }
  readonly log: LogSettings
  readonly isolation: IsolationSettings
  readonly record: RecordSettings
  /** Where a running program is asked for its status: `auto` is a path of the user's own, `null` none. */
  readonly control: { readonly socket: string | null }
}

export interface RouterLimits extends CodeLimits, Omit<SandboxLimits, 'hostMemory'> {
  /** All source files of one router together. */
  readonly sourceBytes: number
  /** Wall time of compiling, and of type-checking. */
  readonly compileTime: number
  /** Bytes of decisions that one worker remembers; 0 remembers none. */
  readonly memoBytes: number
}

export interface StrikeRules {
  /** Strikes within `window` that lead to quarantine. */
  readonly limit: number
  readonly window: number
  /** The first quarantine; doubled for each that follows, up to `quarantineMax`. */
  readonly quarantine: number
  readonly quarantineMax: number
}

/** When a new version is taken back for the one before it. */
export interface RollbackRules {
  /** The first decisions of a version, which are watched; 0 watches none. */
  readonly decisions: number
  /** So many of them failed (and at least half of those made until then): it is rolled back. */
  readonly failures: number
}

/** `defaults` holds for every tenant; `named` for one, in what it says. */
export interface TenantSettings {
  readonly defaults: TenantPolicy
  readonly named: Readonly<Record<string, NamedPolicy>>
}

export interface NamedPolicy extends Partial<Omit<TenantPolicy, 'limits'>> {
  readonly limits?: Partial<TenantLimits>
  /** The folder of its routers, where that is not the one of its name beside the operator's routers. */
  readonly path?: string
}

/** What one tenant may use and reach. */
export interface TenantPolicy {
  readonly limits: TenantLimits
  /** Ports that its routers may listen on: `443`, `8000-8099` or `*`; with `/hosts` behind it only shared by host name. */
  readonly ports: readonly string[]
  /** Host names that they may claim: `git.example` or `*.git.example` (any number of labels), `*` for all. */
  readonly hosts: readonly string[]
  /** Upstreams beyond the public internet that they may name. */
  readonly reach: readonly string[]
  /** Tenants of different trust never share a sandbox host. */
  readonly trust: 'untrusted' | 'trusted'
  /** `own`: a sandbox host that no other tenant shares. */
  readonly host: 'shared' | 'own'
}

export interface PrereadSettings {
  readonly limit: number
  readonly time: number
  /** Of one client address at once on a shared port before they are known to be some router's; 0 is no limit. */
  readonly clientConnections: number
  /**
   * Connections that turn out to be no router's: over it they wait before they are sent away, and are reset when the wait would be longer
   * than a second; 0 is no limit.
   */
  readonly strangersPerSecond: number
}

/** Of one tenant in one worker. 0 is no limit; times are milliseconds and sizes bytes. */
export interface TenantLimits {
  /** CPU time of one decision. */
  readonly decisionTime: number
  /** CPU time of all its decisions in a second, by their hosts' processes. Over it, decisions wait. */
  readonly cpuPerSecond: number
  /** How much of that may be used at once after a quiet time. */
  readonly cpuBurst: number
  /** Heap of one isolate. */
  readonly isolateMemory: number
  /** All source files of one router together. */
  readonly sourceBytes: number
  /** What the compiler makes of them. */
  readonly bundleBytes: number
  /** Wall time of compiling, and of type-checking. */
  readonly compileTime: number
  /** Wall time of compiling in a second, of all its routers together. Over it, its saves wait. */
  readonly compilePerSecond: number
  /** Routers that are served. One more is refused. */
  readonly routers: number
  /** CPU time of loading. */
  readonly loadTime: number
  /** Decisions asked for and not made. One more fails. */
  readonly decisionsInFlight: number
  /** New connections: over it they wait, and are refused when the wait would be longer than a second. */
  readonly connectionsPerSecond: number
  /** How many of them may come at once after a quiet time; no more than a second's. */
  readonly connectionBurst: number
  /** At once. One more is refused. */
  readonly connections: number
  /** The same two, of one client address. */
  readonly clientConnectionsPerSecond: number
  readonly clientConnections: number
  /** Bytes read before a decision, and the time for them. */
  readonly prereadBytes: number
  readonly prereadTime: number
  /** Both ways together. Over it, reading pauses. */
  readonly relayBytesPerSecond: number
  /** Over it, lines of `conn.log` are dropped and counted. */
  readonly logLinesPerSecond: number
  /** All its tables together. */
  readonly tableBytes: number
  /** Decisions that are remembered, about; here 0 remembers none. */
  readonly memoBytes: number
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
  /** How many of a connection's first bytes are written, of those that its router was shown: 0 to 1 MiB. */
  readonly bytes: number
  /** The share of connections that are recorded, 0 to 1. */
  readonly sample: number
}

export interface IsolationSettings extends LaunchSettings {
  /** Layers without which the program refuses to start. */
  readonly require: readonly IsolationLayer[]
}
