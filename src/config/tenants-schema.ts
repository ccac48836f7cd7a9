import { isName, NAME_RULE } from 'router-sdk/router-file'
import { z } from 'zod'
import { GRANT_FORMS, parseGrant } from '../tenants/grants.ts'
import { HOST_GRANT_FORMS, PORT_GRANT_FORMS, parseHostGrant, parsePortGrant } from '../tenants/listen-grants.ts'
import {
  bytes,
  compileTime,
  decisionTime,
  isolateMemory,
  KiB,
  loadTime,
  MiB,
  memoBytes,
  milliseconds,
  oneOf,
  path,
  prereadBytes,
  prereadTime,
  section,
  sourceBytes,
  whole,
} from './fields.ts'

const atMost = (unit: string, byDefault: number) => whole(0, 1_000_000_000_000, byDefault, unit)

const LIMITS = {
  decisionTime,
  cpuPerSecond: milliseconds(0, 1_000_000, 250),
  cpuBurst: milliseconds(1, 1_000_000, 500),
  isolateMemory,
  sourceBytes,
  bundleBytes: bytes(1024, 64 * MiB, MiB),
  compileTime,
  compilePerSecond: milliseconds(0, 1_000_000, 200),
  routers: atMost('routers', 100),
  loadTime,
  decisionsInFlight: atMost('decisions', 256),
  connectionsPerSecond: atMost('connections', 200),
  connectionBurst: whole(1, 1_000_000_000_000, 20, 'connections'),
  connections: atMost('connections', 10_000),
  clientConnectionsPerSecond: atMost('connections', 100),
  clientConnections: atMost('connections', 1000),
  prereadBytes,
  prereadTime,
  relayBytesPerSecond: atMost('bytes', 32 * MiB),
  logLinesPerSecond: atMost('lines', 50),
  tableBytes: bytes(1, 4096 * MiB - 1, 64 * MiB),
  memoBytes: memoBytes(256 * KiB),
} as const

const list = (of: string, isOne: (text: string) => boolean) =>
  z.array(z.string(of).max(300, of).refine(isOne, of), `a list, each ${of}`).default([])

const reach = z
  .array(
    z.string(GRANT_FORMS).max(300, 'at most 300 characters').superRefine(checkGrant),
    `a list, each ${GRANT_FORMS}`,
  )
  .default([])

function checkGrant(text: string, context: z.RefinementCtx): void {
  const grant = parseGrant(text)
  if (typeof grant === 'string') context.addIssue({ code: 'custom', message: grant })
}

const GRANTS = {
  ports: list(PORT_GRANT_FORMS, (text) => parsePortGrant(text) !== undefined),
  hosts: list(HOST_GRANT_FORMS, (text) => parseHostGrant(text) !== undefined),
  reach,
  trust: oneOf(['untrusted', 'trusted']).default('untrusted'),
  host: oneOf(['shared', 'own']).default('shared'),
} as const

/** The same fields, none of which has to be there and none with a default. */
function unset<Shape extends Record<string, z.ZodDefault<z.ZodType>>>(shape: Shape) {
  const fields = Object.entries(shape).map(([name, field]) => [name, z.exactOptional(field.unwrap())])
  return Object.fromEntries(fields) as { [Name in keyof Shape]: z.ZodExactOptional<ReturnType<Shape[Name]['unwrap']>> }
}

const named = section({
  limits: z.exactOptional(section(unset(LIMITS))),
  ...unset(GRANTS),
  path: z.exactOptional(path),
})

/** Ranges and defaults of what tenants may do; what it means stands in `settings.ts`. A limit of 0 is none. */
export const tenants = section({
  defaults: section({ limits: section(LIMITS).prefault({}), ...GRANTS }).prefault({}),
  named: z
    .record(
      z.string().refine(isName, `the name of a tenant; ${NAME_RULE}`),
      named,
      'an object with the policy of each tenant by its name',
    )
    .default({}),
})
