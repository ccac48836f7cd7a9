import { nearest } from 'router-sdk/nearest'
import { z } from 'zod'
import { canSharePorts } from '../transport/port-sharing.ts'
import { ConfigError } from './config-error.ts'
import { type Configuration, settingsSchema } from './schema.ts'
import type { Settings } from './settings.ts'

/**
 * Checks a configuration for a system and fills in the defaults. `source` names where it came from.
 *
 * @throws ConfigError with one line for each mistake.
 */
export function parseSettings(
  configuration: unknown,
  source: string,
  platform: NodeJS.Platform = process.platform,
): Settings {
  const result = settingsSchema.safeParse(configuration)
  if (!result.success) {
    const lines = new Set(result.error.issues.flatMap((issue) => describeIssue(issue, configuration)))
    throw new ConfigError([...lines].map((line) => `${source}: ${line}`).join('\n'))
  }
  const settings: Settings = result.data
  const conflict = findConflict(settings, platform)
  if (conflict !== undefined) throw new ConfigError(`${source}: ${conflict}`)
  return settings
}

/** Types a `pointsman.config.ts`, whose default export it makes. */
export function defineConfig(configuration: Configuration): Configuration {
  return configuration
}

function findConflict(settings: Settings, platform: NodeJS.Platform): string | undefined {
  const { router, dns, strikes, workers } = settings
  if (workers > 1 && !canSharePorts(platform))
    return `workers is ${workers}; allowed is 1 on this system (${platform}), where processes cannot share a port as on Linux`
  if (router.decisionDeadline < router.decisionTime)
    return `router.decisionDeadline is ${router.decisionDeadline}; allowed is router.decisionTime (${router.decisionTime}) or more`
  if (dns.maxTtl < dns.minTtl) return `dns.maxTtl is ${dns.maxTtl}; allowed is dns.minTtl (${dns.minTtl}) or more`
  if (strikes.quarantineMax < strikes.quarantine)
    return `strikes.quarantineMax is ${strikes.quarantineMax}; allowed is strikes.quarantine (${strikes.quarantine}) or more`
  return undefined
}

function describeIssue(issue: z.core.$ZodIssue, configuration: unknown): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknownKey(issue.path, key))
  const where = pathText(issue.path)
  return [`${where} is ${describeValue(valueAt(configuration, issue.path))}; allowed is ${issue.message}`]
}

function describeUnknownKey(path: PropertyKey[], key: string): string {
  const known = keysAt(path)
  const meant = nearest(key, known)
  const hint = meant === undefined ? `allowed are ${known.join(', ')}` : `did you mean ${pathText([...path, meant])}?`
  return `${pathText([...path, printable(key)])} is not a setting; ${hint}`
}

/** The keys that the schema has at `path`, however deep. */
function keysAt(path: PropertyKey[]): string[] {
  let schema: unknown = settingsSchema
  for (const key of path) schema = partOf(unwrapped(schema), String(key))
  const at = unwrapped(schema)
  return at instanceof z.ZodObject ? Object.keys(at.shape) : []
}

function partOf(schema: unknown, key: string): unknown {
  if (schema instanceof z.ZodRecord) return schema.valueType
  return schema instanceof z.ZodObject ? schema.shape[key] : undefined
}

function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodExactOptional)
    return unwrapped(schema.unwrap())
  return schema
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  let at = value
  for (const key of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined
  return at
}

function pathText(path: PropertyKey[]): string {
  return path.length === 0 ? 'the configuration' : path.map(String).join('.')
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (typeof value === 'function') return 'a function'
  return String(value)
}

function printable(key: string): string {
  return JSON.stringify(key.slice(0, 80)).slice(1, -1)
}
