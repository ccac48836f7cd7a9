import { createRequire } from 'node:module'

/** The version of this package. */
export function ownVersion(): string {
  const about: unknown = createRequire(import.meta.url)('../../package.json')
  return typeof about === 'object' && about !== null && 'version' in about ? String(about.version) : 'unknown'
}
