/** The wall between connections and tenants' code, for whoever serves or tests routers. */
export { READ, READ_ALL } from './facts-read.ts'
export { type HostProgram, installHostProgram, probeHost } from './host-program.ts'
export {
  type DetectedLaunch,
  detectHostLaunch,
  type HostLaunch,
  type LaunchSettings,
  repeatHostLaunch,
} from './launch.ts'
export type { HostReport } from './loaded-host.ts'
export { ProcessSandbox } from './process-sandbox.ts'
export * from './sandbox.ts'
export type { ProcessSandboxOptions, SandboxEvent } from './sandbox-options.ts'
export type { RouterStanding, Standing, StrikeRules } from './strikes.ts'
