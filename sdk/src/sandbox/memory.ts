import type { LoadedHost } from './loaded-host.ts'

const MiB = 1_048_576
/** Resident memory of a host without versions (70 MiB, measured), with room for what they do, and of one idle isolate (1.5 MiB). */
const HOST_MEMORY = 96 * MiB
const VERSION_MEMORY = 1.75 * MiB
const LEAST_ROOM = 8
/** Shares of a host's memory at which it has to give some back, and down to which. */
const PRESSED = 0.8
const RELIEVED = 0.65

/** How many versions a host is given at most: what its memory holds when each is small. */
export function roomFor(hostMemory: number): number {
  return Math.max(LEAST_ROOM, Math.floor((hostMemory - HOST_MEMORY) / VERSION_MEMORY))
}

/** Called now and then: a host near its limit unloads what was longest not asked about; one beyond it is killed. */
export function watchMemory(host: LoadedHost, limit: number): void {
  const { residentBytes } = host.process
  if (residentBytes > limit)
    host.process.kill('memory', `${Math.round(residentBytes / MiB)} MiB resident, over its limit`)
  else if (residentBytes > PRESSED * limit) host.relieve(residentBytes, RELIEVED * limit)
}
