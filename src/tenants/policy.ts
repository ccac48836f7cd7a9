import type { Settings, TenantLimits, TenantPolicy } from '../config/settings.ts'

/** The operator's own routers stand directly in the directory and have no tenant's name. */
export const OPERATOR = ''

/** Whose a router is: `acme` for `acme/git`, `OPERATOR` for `git`. */
export function tenantOf(router: string): string {
  const slash = router.indexOf('/')
  return slash < 0 ? OPERATOR : router.slice(0, slash)
}

/** What holds for a tenant: its own policy over the defaults. The operator's routers have the settings outside of `tenants`. */
export function policyOf(settings: Settings, tenant: string): TenantPolicy {
  const { defaults, named } = settings.tenants
  if (tenant === OPERATOR) return operatorPolicy(settings)
  const own = Object.hasOwn(named, tenant) ? named[tenant] : undefined
  if (own === undefined) return defaults
  const { limits, path: _path, ...grants } = own
  return { ...defaults, ...grants, limits: { ...defaults.limits, ...limits } }
}

/** No quota: an operator's own routers may go anywhere and listen anywhere. */
function operatorPolicy({ router, preread, tables }: Settings): TenantPolicy {
  const { decisionTime, isolateMemory, sourceBytes, compileTime, loadTime, memoBytes } = router
  const limits: TenantLimits = {
    decisionTime,
    cpuPerSecond: 0,
    cpuBurst: 1,
    isolateMemory,
    sourceBytes,
    bundleBytes: 4 * sourceBytes,
    compileTime,
    compilePerSecond: 0,
    routers: 0,
    loadTime,
    decisionsInFlight: 0,
    connectionsPerSecond: 0,
    connectionBurst: 1,
    connections: 0,
    clientConnectionsPerSecond: 0,
    clientConnections: 0,
    prereadBytes: preread.limit,
    prereadTime: preread.time,
    relayBytesPerSecond: 0,
    logLinesPerSecond: 0,
    tableBytes: tables.maxBytes,
    memoBytes,
  }
  return { limits, ports: ['*'], hosts: ['*'], reach: ['*:*'], trust: 'trusted', host: 'shared' }
}
