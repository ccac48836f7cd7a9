import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const WORK = 60 // ms of a processor: some time slices
const BUSY = `const from = performance.now(), used = process.cpuUsage()
while (process.cpuUsage(used).user < ${WORK * 1000});
console.log((performance.now() - from) / ${WORK})`

/** How long something took, and how long it would have taken without neighbours. */
export interface Took {
  readonly wall: number
  /** `wall`, less what neighbours took, in ms. */
  readonly alone: number
  /** How many times longer a computation took around then than its CPU time: 1 on a quiet machine. */
  readonly crowding: number
}

/**
 * Measures `work` up to `tries` times, until it takes less than `limit` ms; the best of them. Machines that
 * run other tests at the same time are several times slower, and by how much is measured just before and after. A command, which
 * waits as often as it computes, and is let in before those that compute only, is slowed by about the root of that: beside
 * neighbours that made a computation 4, 6 and 13 times longer, one of 200 ms took 385, 400 and 560.
 */
export async function best(tries: number, limit: number, work: () => Promise<number>): Promise<Took> {
  let found: Took | undefined
  let before = await crowding()
  for (let at = 0; at < tries && (found === undefined || found.wall >= limit); at++) {
    const wall = await work()
    const after = await crowding()
    const mean = Math.max(1, (before + after) / 2)
    before = after
    const alone = wall / Math.sqrt(mean)
    if (found === undefined || wall < found.wall) found = { wall, alone, crowding: mean }
  }
  if (found === undefined) throw new Error('it was not tried')
  return found
}

export function tookText({ wall, alone, crowding: times }: Took): string {
  return `${Math.round(wall)} ms while a computation took ${times.toFixed(1)} times its CPU time: ${Math.round(alone)} ms of a quiet machine`
}

async function crowding(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', BUSY])
  return Number(stdout)
}
