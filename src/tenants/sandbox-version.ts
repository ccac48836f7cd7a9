import type { SandboxVersion } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import { OPERATOR, policyOf, tenantOf } from './policy.ts'

/** A router's version as the sandbox takes it, with what its tenant may use; settings that change later do not change it. */
export function sandboxVersion(
  settings: Settings,
  { id, router, code }: Pick<SandboxVersion, 'id' | 'router' | 'code'>,
): SandboxVersion {
  const tenant = tenantOf(router)
  const { limits, trust, host } = policyOf(settings, tenant)
  const { decisionTime, loadTime, isolateMemory, cpuPerSecond, cpuBurst, decisionsInFlight } = limits
  return {
    id,
    router,
    code,
    tenant,
    cordon: tenant === OPERATOR ? 'operator' : host === 'own' ? `${trust}:${tenant}` : trust,
    limits: { decisionTime, loadTime, isolateMemory, cpuPerSecond, cpuBurst, decisionsInFlight },
  }
}
