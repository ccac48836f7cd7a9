import type { RouterStanding, Standing } from 'router-sdk/sandbox'
import type { Account } from '../supervisor/account.ts'
import type { Connections } from '../supervisor/worker-link.ts'
import type { LimitName, UsageReport } from '../tenants/usage.ts'

/** What a running program says of itself, as JSON. */
export interface Status {
  readonly version: string
  readonly pid: number
  readonly connections: Connections
  /** By name. */
  readonly routers: readonly RouterStatus[]
  /** By name; `''` is the operator. */
  readonly tenants: readonly TenantStatus[]
}

export interface RouterStatus {
  readonly router: string
  /** What is served: `undefined` when nothing is. */
  readonly version: number | undefined
  readonly bundle: string | undefined
  readonly listen: string | undefined
  readonly hosts: readonly string[]
  /** Why its last change is not served: it was refused, or rolled back. */
  readonly refused: Account | undefined
  readonly rolledBack: boolean
  /** As its workers' sandboxes see it, the worst of them. */
  readonly standing: Standing
  readonly strikes: number
}

export interface TenantStatus extends UsageReport {
  readonly tenant: string
}

/** One worker's share of a status. */
export interface WorkerReport {
  /** By tenant. */
  readonly usage: Readonly<Record<string, UsageReport>>
  readonly standings: readonly RouterStanding[]
}

/** What all workers together have of each tenant. */
export function sumUsage(reports: readonly WorkerReport[]): TenantStatus[] {
  const sums = new Map<string, TenantStatus>()
  for (const { usage } of reports)
    for (const [tenant, one] of Object.entries(usage)) {
      const sum = sums.get(tenant)
      sums.set(tenant, sum === undefined ? { tenant, ...one } : { tenant, ...add(sum, one) })
    }
  return [...sums.values()].sort((a, b) => (a.tenant < b.tenant ? -1 : 1))
}

const WORST: Readonly<Record<Standing, number>> = { clear: 0, penalty: 1, cell: 2, quarantined: 3 }

/** How a router stands where it stands worst. */
export function worstStanding(reports: readonly WorkerReport[], router: string): Omit<RouterStanding, 'router'> {
  let worst: Omit<RouterStanding, 'router'> = { standing: 'clear', strikes: 0 }
  for (const { standings } of reports)
    for (const { router: of, standing, strikes, until } of standings)
      if (of === router && WORST[standing] >= WORST[worst.standing])
        worst = { standing, strikes: Math.max(strikes, worst.strikes), until }
  return worst
}

function add(a: UsageReport, b: UsageReport): UsageReport {
  const limited: Partial<Record<LimitName, number>> = { ...a.limited }
  for (const name of Object.keys(b.limited) as LimitName[])
    limited[name] = (limited[name] ?? 0) + (b.limited[name] ?? 0)
  return {
    connections: a.connections + b.connections,
    accepted: a.accepted + b.accepted,
    decisions: a.decisions + b.decisions,
    failures: a.failures + b.failures,
    memoHits: a.memoHits + b.memoHits,
    bytesUp: a.bytesUp + b.bytesUp,
    bytesDown: a.bytesDown + b.bytesDown,
    limited,
  }
}
