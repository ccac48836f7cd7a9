import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** Where a user's programs keep what they can make again (XDG Base Directory Specification). */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME ?? ''
  return join(isAbsolute(base) ? base : join(homedir(), '.cache'), 'router-sdk')
}
