import { test } from 'node:test'
import { MIB } from '../endurance/proc.ts'
import { slowReaders } from '../endurance/slow-reader.ts'

/** Half an hour, each way in turn. */
for (const direction of ['down', 'up'] as const)
  test(`2 GiB to a reader of 1 MiB/s cost the worker less than 32 MiB: ${direction}`, async (t) => {
    await slowReaders(t, { direction, connections: 1, offered: 2048 * MIB, rate: MIB, allowed: 32 * MIB })
  })
