import { type CompiledRouter, compileRouter } from 'router-sdk/compile'
import type { Settings } from '../config/settings.ts'
import { loadSetting } from '../tenants/load-setting.ts'
import { policyOf, tenantOf } from '../tenants/policy.ts'
import type { RouterSource } from './store.ts'

/** What a compilation leaves to be served. */
export type Compiled = Pick<CompiledRouter, 'code' | 'hash' | 'sourceMap'>

/**
 * Compiles a router within the limits of its tenant, which a refusal names. `together`: one of many.
 *
 * @throws CompileFailure
 */
export function compileSource(source: RouterSource, settings: Settings, together: boolean): Promise<CompiledRouter> {
  const { router, file, folder, subfolders } = source
  const tenant = tenantOf(router)
  const { sourceBytes, bundleBytes, compileTime } = policyOf(settings, tenant).limits
  return compileRouter({
    file,
    folder,
    subfolders,
    limits: { sourceBytes, bundleBytes, compileTime },
    where: (limit) => loadSetting(settings, tenant, limit),
    together,
    reuse: true,
  })
}
