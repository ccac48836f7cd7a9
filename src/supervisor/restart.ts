import type { Settings } from '../config/settings.ts'

/** What holds from the start of the program to its end, by the path in the configuration. */
const NEED_RESTART: Readonly<Record<string, (settings: Settings) => unknown>> = {
  workers: ({ workers }) => workers,
  hosts: ({ hosts }) => hosts,
  transport: ({ transport }) => transport,
  isolation: ({ isolation }) => isolation,
  hostMemory: ({ hostMemory }) => hostMemory,
  idleVersion: ({ idleVersion }) => idleVersion,
  'router.decisionDeadline': ({ router }) => router.decisionDeadline,
  strikes: ({ strikes }) => strikes,
  log: ({ log }) => log,
  record: ({ record }) => record,
  control: ({ control }) => control,
}

/** The paths of settings that differ and are not in force before the next start. */
export function needingRestart(before: Settings, now: Settings): string[] {
  return Object.entries(NEED_RESTART)
    .filter(([, value]) => JSON.stringify(value(before)) !== JSON.stringify(value(now)))
    .map(([path]) => path)
}
