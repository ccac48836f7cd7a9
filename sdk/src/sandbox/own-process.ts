import { isBuiltin } from 'node:module'
import { getPriority } from 'node:os'
import { type Libc, theLibc } from './libc.ts'

/** sched_setattr(2), for which the C library has no function before glibc 2.41. */
const SET_ATTRIBUTES: Partial<Record<NodeJS.Architecture, bigint>> = { x64: 314n, arm64: 274n }
const ATTRIBUTES_BYTES = 48 // SCHED_ATTR_SIZE_VER0
const RESET_ON_FORK = 1n
/**
 * Nanoseconds. The shortest is the shortest that Linux gives. Of two that want the same processor, who wakes up has it at once if his
 * slices are the shorter ones, and waits for a tick now and then if they are as long as the other's: with 0.1 ms for both, a host waited
 * so behind its worker in 1 to 5 of 100 cases, and does in none with 0.5 ms for the worker, which waits behind a host that keeps on running
 * (they hardly ever do) in 1 to 2 of 100, and did in 0.1 to 0.3.
 */
const SLICES = { host: 100_000n, worker: 500_000n } as const

/**
 * From now on the first thread of a process of ours asks for the processor in short slices, for whoever is waited for and soon done: who
 * runs in longer ones is interrupted for it at once, and otherwise has it wait for a tick, which is up to 4 ms. It gets no more of the
 * processor by that, and what it starts has slices as ever (sched(7); Linux 6.12 and later, and nothing happens elsewhere, or when it
 * is gone). Beside
 * three programs that always have something to do, each nicer by 6, a thread that wakes up a thousand times a second waited for 3.2
 * ms (99 of 100), and waits for 0.1.
 */
export function shortenSlices(pid: number, as: keyof typeof SLICES): void {
  const number = SET_ATTRIBUTES[process.arch]
  const libc = libcOrNone()
  const nice = nicenessOf(pid)
  if (process.platform !== 'linux' || number === undefined || libc === undefined || nice === undefined) return
  // struct sched_attr: what is 0 stays as it is, the niceness does not
  const attributes = Buffer.from(new ArrayBuffer(ATTRIBUTES_BYTES))
  attributes.writeUInt32LE(ATTRIBUTES_BYTES, 0)
  attributes.writeBigUInt64LE(RESET_ON_FORK, 8)
  attributes.writeInt32LE(nice, 16)
  attributes.writeBigUInt64LE(SLICES[as], 24)
  libc.syscall(number, BigInt(pid), libc.addressOf(attributes), 0n, 0n, 0n)
}

/** Whether `leadGroup` does anything here. */
export function canLeadGroup(): boolean {
  // not by loading it, which warns whoever is at the terminal
  return process.platform !== 'win32' && isBuiltin('node:ffi')
}

/**
 * From now on this process leads a process group, which its children are in: what a terminal sends to those in its foreground is not
 * for them. Nothing happens where it leads a session.
 */
export function leadGroup(): void {
  libcOrNone()?.setpgid(0, 0)
}

/** `undefined` when it is gone, which is reported elsewhere. */
function nicenessOf(pid: number): number | undefined {
  try {
    return getPriority(pid)
  } catch {
    return undefined
  }
}

function libcOrNone(): Libc | undefined {
  try {
    return theLibc()
  } catch {
    return undefined
  }
}
