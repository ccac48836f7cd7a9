import { DEFAULTS, ISOLATION_LAYERS } from 'router-sdk/limits'
import { z } from 'zod'
import {
  bytes,
  compileTime,
  DAY,
  decisionTime,
  HOUR,
  isolateMemory,
  loadTime,
  MINUTE,
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
import { tenants } from './tenants-schema.ts'

const listen = section({
  host: z
    .string('a host name or address')
    .min(1, 'a host name or address')
    .max(253, 'a host of at most 253 characters')
    .default('0.0.0.0'),
  port: whole(0, 65_535, 5432),
})

const router = section({
  decisionTime,
  decisionDeadline: milliseconds(10, 60_000, DEFAULTS.decisionDeadline),
  loadTime,
  isolateMemory,
  sourceBytes,
  compileTime,
  memoBytes: memoBytes(4 * MiB),
})

const strikes = section({
  limit: whole(1, 1000, 3),
  window: milliseconds(1000, DAY, 600_000),
  quarantine: milliseconds(10, HOUR, 1000),
  quarantineMax: milliseconds(10, DAY, 300_000),
})

const rollback = section({
  decisions: whole(0, 1_000_000, 100, 'decisions'),
  failures: whole(1, 1_000_000, 5, 'decisions'),
})

const dns = section({
  servers: z
    .array(z.string('an address or address:port').min(1, 'an address or address:port'), 'a list of addresses')
    .default([]),
  minTtl: milliseconds(0, DAY, 1000),
  maxTtl: milliseconds(0, DAY, 300_000),
  staleFor: milliseconds(0, 30 * DAY, HOUR),
  timeout: milliseconds(10, MINUTE, 2000),
})

const log = section({
  level: oneOf(['debug', 'info', 'warn', 'error']).default('info'),
  file: z.union([path, z.null()], 'the path of a file, or null for standard output').default(null),
  access: z
    .union([path, z.null(), z.literal(false)], 'the path of a file, null to put them with the log, or false for none')
    .default(null),
  pretty: z.union([z.boolean(), z.literal('auto')], 'true, false or "auto"').default('auto'),
})

const isolation = section({
  require: z.array(oneOf(ISOLATION_LAYERS), `a list of ${ISOLATION_LAYERS.join(', ')}`).default([]),
  user: whole(1, 4_294_967_294, DEFAULTS.launch.user),
  jitless: z
    .union([z.boolean(), z.literal('untrusted')], 'true, false or "untrusted"')
    .default(DEFAULTS.launch.jitless),
})

/** Ranges and defaults of every setting; what they mean stands in `settings.ts`. */
export const settingsSchema = section({
  listen: listen.prefault({}),
  workers: whole(1, 256, 1),
  hosts: whole(1, 64, 1),
  transport: oneOf(['auto', 'epoll', 'net']).default('auto'),
  preread: section({
    limit: prereadBytes,
    time: prereadTime,
    clientConnections: whole(0, 10_000_000, 256, 'connections'),
    strangersPerSecond: whole(0, 10_000_000, 200, 'connections'),
  }).prefault({}),
  connect: section({
    timeout: milliseconds(1, 600_000, 5000),
    retries: whole(0, 1000, 10),
    retryDelay: milliseconds(0, MINUTE, 100),
  }).prefault({}),
  relay: section({ idleTimeout: milliseconds(0, 30 * DAY, HOUR), keepAlive: milliseconds(1000, DAY, MINUTE) }).prefault(
    {},
  ),
  router: router.prefault({}),
  idleVersion: milliseconds(1000, 30 * DAY, 10 * MINUTE),
  hostMemory: bytes(64 * MiB, 1024 * 1024 * MiB, DEFAULTS.hostMemory),
  strikes: strikes.prefault({}),
  rollback: rollback.prefault({}),
  tenants: tenants.prefault({}),
  dns: dns.prefault({}),
  maxConnections: whole(0, 10_000_000, 0),
  drainTime: milliseconds(0, DAY, 10_000),
  tables: section({ maxBytes: bytes(1, 4096 * MiB - 1, 256 * MiB) }).prefault({}),
  log: log.prefault({}),
  isolation: isolation.prefault({}),
  control: section({
    socket: z.union([path, z.null()], 'the path of a unix socket, "auto", or null for none').default('auto'),
  }).prefault({}),
  record: section({
    file: z.union([path, z.null()], 'the path of a file, or null for none').default(null),
    maxBytes: bytes(1024, 1024 * 1024 * MiB, 64 * MiB),
    bytes: bytes(0, MiB, MiB),
    sample: z.number('a number from 0 to 1').min(0, 'a number from 0 to 1').max(1, 'a number from 0 to 1').default(1),
  }).prefault({}),
})

/** What a configuration file may hold: every key is optional. */
export type Configuration = z.input<typeof settingsSchema>
