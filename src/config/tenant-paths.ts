import { resolve } from 'node:path'
import type { Settings } from './settings.ts'

/** The settings with tenants' folders as absolute paths; what is relative starts at `folder`. */
export function withAbsolutePaths(settings: Settings, folder: string): Settings {
  const { tenants } = settings
  const named = Object.entries(tenants.named).map(([tenant, policy]) => [
    tenant,
    policy.path === undefined ? policy : { ...policy, path: resolve(folder, policy.path) },
  ])
  return { ...settings, tenants: { ...tenants, named: Object.fromEntries(named) } }
}
