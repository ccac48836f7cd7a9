import { test } from 'node:test'
import { MIB } from './proc.ts'
import { slowReaders } from './slow-reader.ts'

/** What the worker may hold of one connection with a slow end: a queue of 64 KiB and a chunk of as much, each way. */
const EACH = 256 * 1024
/** V8 collects what lies outside its heap, as every chunk does, when there are 64 MiB more of it than the last time. */
const SLACK = 64 * MIB

for (const direction of ['down', 'up'] as const) {
  test(`a reader of 1 MB/s makes its sender wait and costs the worker next to nothing: ${direction}`, async (t) => {
    await slowReaders(t, {
      direction,
      connections: 1,
      offered: 2048 * MIB,
      rate: MIB,
      duration: 4000,
      allowed: 32 * MIB,
    })
  })

  test(`50 slow readers cost a constant each: ${direction}`, async (t) => {
    const connections = 50
    const allowed = connections * EACH + SLACK
    await slowReaders(t, { direction, connections, offered: 2048 * MIB, rate: MIB / 8, duration: 4000, allowed })
  })
}
