import type { CodeLimits, SandboxLimits, SandboxVersion } from './sandbox/sandbox.ts'

/** Layers of isolation round a sandbox host; which of them a machine offers is found out when hosts are started. */
export const ISOLATION_LAYERS = [
  'process',
  'permission',
  'limits',
  'user',
  'network',
  'parent-death',
  'cgroup',
  'seccomp',
  'jitless',
] as const
export type IsolationLayer = (typeof ISOLATION_LAYERS)[number]

const MiB = 1_048_576

/** What a router may use where no operator says otherwise: the same for a proxy that serves it and for its tests. */
export const DEFAULTS = {
  decisionTime: 20,
  decisionDeadline: 100,
  loadTime: 200,
  isolateMemory: 32 * MiB,
  hostMemory: 512 * MiB,
  /** All source files of one router together, in bytes. */
  sourceBytes: 256 * 1024,
  /** Milliseconds of compiling, and as many of type-checking. */
  compileTime: 2000,
  /** Bytes of a connection that are read before a decision, at most. */
  prereadBytes: 32_768,
  /** Milliseconds that a client has for them. */
  prereadTime: 10_000,
  launch: { user: 65_534, jitless: 'untrusted' },
} as const satisfies SandboxLimits & CodeLimits & Record<string, unknown>

/** How an operator's own routers are loaded, and those of tests: with the defaults, and no quota. */
export const OPERATORS: Omit<SandboxVersion, 'id' | 'router' | 'code'> = {
  tenant: '',
  cordon: 'operator',
  limits: { ...DEFAULTS, cpuPerSecond: 0, cpuBurst: 1, decisionsInFlight: 0 },
}
