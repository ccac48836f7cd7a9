import type { Settings } from '../config/settings.ts'
import { loadSetting } from '../tenants/load-setting.ts'
import { policyOf, tenantOf } from '../tenants/policy.ts'
import { WarmFailure } from './worker-link.ts'

/** What the account of a router ends with that could not be loaded within a limit: the value, and where it is set. */
export function loadLimitWords(error: unknown, router: string, settings: Settings): string {
  if (!(error instanceof WarmFailure) || error.fault !== 'router') return ''
  const limit = limitOf(error.message)
  if (limit === undefined) return ''
  const tenant = tenantOf(router)
  const value = policyOf(settings, tenant).limits[limit]
  return `; ${limit} is ${value} (${loadSetting(settings, tenant, limit)})`
}

function limitOf(message: string): 'loadTime' | 'isolateMemory' | undefined {
  if (/^it was still loading after \d+ ms of CPU time$/.test(message)) return 'loadTime'
  return message === 'its isolate ran out of memory while loading' ? 'isolateMemory' : undefined
}
