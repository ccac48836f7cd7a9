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

/**
 * Bytes that the kernel holds for connections with one of these ports at either end: those sent and not acknowledged, and those
 * come and not read. What is moved while it is looked at may be counted twice, or not at all.
 */
export function bytesInKernel(ports: readonly number[]): number {
  const wanted = new Set(ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')))
  const established = /:([0-9A-F]{4}) [0-9A-F]{8}:([0-9A-F]{4}) 01 ([0-9A-F]{8}):([0-9A-F]{8})/g
  let bytes = 0
  for (const [, local = '', remote = '', sent = '', come = ''] of readFileSync('/proc/net/tcp', 'latin1').matchAll(
    established,
  ))
    if (wanted.has(local) || wanted.has(remote)) bytes += Number.parseInt(sent, 16) + Number.parseInt(come, 16)
  return bytes
}

/** The value below which `share` (0 to 1) of the values lie; of at least one. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
