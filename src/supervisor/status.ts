import {
  type RouterStatus,
  type Status,
  sumUsage,
  type TenantStatus,
  type WorkerReport,
  worstStanding,
} from '../control/status.ts'
import { VERSION } from '../version.ts'
import type { Deployer } from './deploy.ts'
import { addressText } from './ports.ts'
import type { Connections } from './worker-link.ts'

/** What is served, and what it uses, from what the deployer knows and the workers report. */
export function statusOf(deployer: Deployer, reports: readonly WorkerReport[], connections: Connections): Status {
  const addresses = new Map(deployer.served.map(({ router, listen }) => [router, listen]))
  const routers = deployer.routers.map(({ router, active, failure, rolledBack }): RouterStatus => {
    const listen = addresses.get(router)
    return {
      router,
      version: active?.number,
      bundle: active?.bundle,
      listen: listen && addressText(listen),
      hosts: [],
      refused: failure,
      rolledBack,
      ...worstStanding(reports, router),
    }
  })
  routers.sort((a, b) => (a.router < b.router ? -1 : 1))
  return {
    version: VERSION,
    pid: process.pid,
    connections,
    routers,
    tenants: withLimited(sumUsage(reports), deployer.limited),
  }
}

function withLimited(tenants: readonly TenantStatus[], limited: Deployer['limited']): TenantStatus[] {
  return tenants.map((status) => ({ ...status, limited: { ...status.limited, ...limited.get(status.tenant) } }))
}
