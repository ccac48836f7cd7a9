import type { CompiledRouter } from 'router-sdk/compile'
import type { CompileRequest } from '../compiler/messages.ts'
import type { Settings } from '../config/settings.ts'
import { loadSetting } from '../tenants/load-setting.ts'
import { policyOf, tenantOf } from '../tenants/policy.ts'
import type { RouterSource } from './store.ts'

/** What a compilation leaves to be served. */
export type Compiled = Pick<CompiledRouter, 'code' | 'hash' | 'sourceMap'>

/** What the compiler is asked for a router: within the limits of its tenant, which a refusal names. `together`: one of many. */
export function requestOf(source: RouterSource, settings: Settings, together: boolean): CompileRequest {
  const { router, file, folder, subfolders } = source
  const tenant = tenantOf(router)
  const { sourceBytes, bundleBytes, compileTime } = policyOf(settings, tenant).limits
  return {
    file,
    folder,
    subfolders,
    limits: { sourceBytes, bundleBytes, compileTime },
    where: {
      sourceBytes: loadSetting(settings, tenant, 'sourceBytes'),
      bundleBytes: loadSetting(settings, tenant, 'bundleBytes'),
      compileTime: loadSetting(settings, tenant, 'compileTime'),
    },
    together,
  }
}
