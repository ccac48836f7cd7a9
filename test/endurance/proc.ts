import { readdirSync, readFileSync } from 'node:fs'

export const MIB = 1_048_576

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return Number(match?.[1] ?? 0) * 1024
}

/** How many descriptors a process has open. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** The hard limit on descriptors of this process, which its children may take. */
export function mostDescriptors(): number {
  const match = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
  return match?.[1] === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(match?.[1] ?? 1024)
}

/** The value below which `share` (0 to 1) of the values lie; of at least one. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
