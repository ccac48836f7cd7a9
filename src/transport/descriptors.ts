import { readdirSync, readFileSync, statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { type SystemCalls, theSystem } from './system-calls.ts'

// fcntl(2) of Linux.
const F_SETFD = 2
const FD_CLOEXEC = 1
// A plain dup(2) would be inherited by every child process, and a sandbox host must hold no socket.
const F_DUPFD_CLOEXEC = 1030
// always open: Node opens /dev/null in its place when it starts without one
const STDIN = 0

/**
 * A second descriptor of the same open file, closed on exec, which keeps a socket alive when the first is closed.
 * `undefined` when there is no descriptor left, or no way to ask for one: the system is not Linux, or Node has no `node:ffi`.
 */
export function duplicateDescriptor(descriptor: number): number | undefined {
  const copy = theCalls()?.fcntl(descriptor, F_DUPFD_CLOEXEC, 0) ?? -1
  return copy < 0 ? undefined : copy
}

/**
 * Whoever started this process may have left descriptors open in it. From now on no child process gets any of them: Node sees
 * to its own, and to those of others only as far as they have no gap.
 */
export function keepDescriptorsFromChildren(): void {
  const calls = theCalls()
  if (calls === undefined) return
  try {
    for (const name of readdirSync('/proc/self/fd'))
      if (Number(name) > 2) calls.fcntl(Number(name), F_SETFD, FD_CLOEXEC)
  } catch {
    // no /proc: nothing to go by
  }
}

/** For so many descriptors, at most, room is made beforehand: 8 bytes of the kernel's memory each. */
const MOST_ROOM = 131_072

/**
 * The kernel doubles a process's table of descriptors when it is full, and in a process with threads whoever opened one too many
 * waits until none of them can still be reading the old table (`expand_fdtable` waits for RCU): 10 to 20 ms, with all connections.
 * So it is made as large as it may become before there are any.
 */
export function makeRoomForDescriptors(): void {
  const calls = theCalls()
  const copy = calls?.fcntl(STDIN, F_DUPFD_CLOEXEC, Math.min(descriptorLimit(), MOST_ROOM) - 1) ?? -1
  if (copy >= 0) calls?.close(copy)
}

/** Closes a descriptor that `duplicateDescriptor` gave. */
export function closeDescriptor(descriptor: number): void {
  theCalls()?.close(descriptor)
}

/** Milliseconds for which a count of the descriptors is believed, less what askers may have opened since. */
const COUNT_GOOD = 100
/** Free descriptors from which on counting them now and then will do. */
const PLENTY = 256
/** What is opened, at most, for each that was asked about. */
const OPENED_EACH = 2

let plenty = 0
let countedAt = Number.NEGATIVE_INFINITY

/**
 * Whether this process may open `count` more descriptors, whoever used up or took away the others; true as well where there
 * is no way to ask. While there are plenty it costs nothing: they are counted now and then. Otherwise it is found out by
 * opening them, which costs two system calls for each.
 */
export function descriptorsLeft(count: number): boolean {
  const now = performance.now()
  if (now - countedAt > COUNT_GOOD) {
    countedAt = now
    plenty = freeDescriptors() - PLENTY
  }
  plenty -= count * OPENED_EACH
  return plenty > 0 || canOpen(count)
}

/** 0 where the system does not say: Linux before 6.2. */
function freeDescriptors(): number {
  try {
    const open = statSync('/proc/self/fd').size
    return open === 0 ? 0 : descriptorLimit() - open
  } catch {
    return 0
  }
}

/** The same, found out at once and each time: for whom it would be too late otherwise. */
export function canOpen(count: number): boolean {
  const calls = theCalls()
  if (calls === undefined) return true
  const copies: number[] = []
  while (copies.length < count) {
    const copy = calls.fcntl(STDIN, F_DUPFD_CLOEXEC, 0)
    if (copy < 0) break
    copies.push(copy)
  }
  for (const copy of copies) calls.close(copy)
  return copies.length === count
}

function theCalls(): SystemCalls | undefined {
  const system = theSystem()
  return system instanceof Error ? undefined : system.calls
}

/** How many descriptors this process may have open (the soft RLIMIT_NOFILE); 1,024 when the system does not say. */
export function descriptorLimit(): number {
  try {
    const match = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    if (match?.[1] !== undefined) return match[1] === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(match[1])
  } catch {
    // no /proc: ask Node
  }
  return limitOfReport()
}

function limitOfReport(): number {
  // or it looks up the name of every peer, and blocks meanwhile
  Reflect.set(process.report, 'excludeNetwork', true)
  const report: unknown = process.report.getReport()
  const soft = property(property(property(report, 'userLimits'), 'open_files'), 'soft')
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER
  return typeof soft === 'number' || typeof soft === 'string' ? Number(soft) || 1024 : 1024
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
