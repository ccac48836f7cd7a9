import type { Settings } from '../config/settings.ts'
import { OPERATOR } from './policy.ts'
import { settingOf } from './tenants.ts'

const OPERATORS = {
  sourceBytes: 'router.sourceBytes',
  bundleBytes: 'four times router.sourceBytes',
  compileTime: 'router.compileTime',
  loadTime: 'router.loadTime',
  tableBytes: 'tables.maxBytes',
} as const

/** Where the operator sets a limit that holds before a router serves. */
export function loadSetting(settings: Settings, tenant: string, limit: keyof typeof OPERATORS): string {
  return tenant === OPERATOR ? OPERATORS[limit] : settingOf(settings, tenant, limit)
}
