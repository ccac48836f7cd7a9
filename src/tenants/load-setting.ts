import type { Settings } from '../config/settings.ts'
import type { Allowance } from '../lookup/table-budget.ts'
import { OPERATOR, policyOf, tenantOf } from './policy.ts'
import { settingOf } from './tenants.ts'

const OPERATORS = {
  sourceBytes: 'router.sourceBytes',
  bundleBytes: 'four times router.sourceBytes',
  compileTime: 'router.compileTime',
  loadTime: 'router.loadTime',
  isolateMemory: 'router.isolateMemory',
  tableBytes: 'tables.maxBytes',
} as const

/** Where the operator sets a limit that holds before a router serves. */
export function loadSetting(settings: Settings, tenant: string, limit: keyof typeof OPERATORS): string {
  return tenant === OPERATOR ? OPERATORS[limit] : settingOf(settings, tenant, limit)
}

/** What the tables of a router's tenant may have together; the operator's have a limit only each. */
export function tableAllowance(settings: Settings, router: string): Allowance | undefined {
  const tenant = tenantOf(router)
  if (tenant === OPERATOR) return undefined
  const bytes = policyOf(settings, tenant).limits.tableBytes
  return { tenant, bytes, setting: loadSetting(settings, tenant, 'tableBytes') }
}
