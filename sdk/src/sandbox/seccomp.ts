import { callFilter, type FilterArchitecture, type Instruction } from './call-filter.ts'
import { type Libc, theLibc } from './libc.ts'

// The same on every architecture.
const PR_SET_TIMERSLACK = 29n
const PR_SET_NO_NEW_PRIVS = 38n
const SECCOMP_SET_MODE_FILTER = 1n
const SECCOMP_FILTER_FLAG_TSYNC = 1n
const INSTRUCTION_BYTES = 8
/**
 * Nanoseconds by which threads may sleep longer. isolated-vm's thread for time limits wakes up for each that has passed, also of calls
 * that have returned: by this much they are taken together. It takes the processor from the worker each time. A router that loops is ended
 * so much later at most, and has used that up of its tenant's CPU time.
 */
const TIMER_SLACK = 4_000_000n
/** `struct sock_fprog`: how many instructions there are, padding, and where. */
const PROGRAM_BYTES = 16

const NUMBERS = { x64: { prctl: 157n, seccomp: 317n }, arm64: { prctl: 167n, seccomp: 277n } } as const

/**
 * From now on, and for good, the kernel lets this process, all of its threads, make only the system calls that a sandbox host
 * needs (`system-calls.ts`): for the case that somebody comes to run native code in it. Its rights to call and load native code
 * from JavaScript, which served for this, are given up.
 *
 * What is returned ends the process at once, with that code. Node's own way to the end does not do: it passes by the io_uring
 * that each event loop has, and through one of those a process could make any system call, past all filters.
 *
 * @throws when this system cannot do it: the process must not go on then, since it was to be confined.
 */
export function confineSystemCalls(): (code: number) => void {
  const architecture = ours()
  const jitless = process.execArgv.includes('--jitless')
  const libc = theLibc()
  install(libc, architecture, callFilter({ architecture, pid: process.pid, jitless }))
  const { permission } = process
  for (const right of ['ffi', 'addon']) permission?.drop(right)
  return libc._exit
}

function ours(): FilterArchitecture {
  const { platform, arch } = process
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return arch
  throw new Error(`system calls cannot be confined on ${platform} ${arch}`)
}

function install({ syscall, addressOf }: Libc, architecture: FilterArchitecture, filter: readonly Instruction[]): void {
  const memory = programOf(filter)
  const address = addressOf(memory)
  memory.writeBigUInt64LE(address + BigInt(PROGRAM_BYTES), 8)
  const { prctl, seccomp } = NUMBERS[architecture]
  check('prctl', syscall(prctl, PR_SET_TIMERSLACK, TIMER_SLACK, 0n, 0n, 0n))
  // Without this only root may install a filter. Threads that run already get it from the thread that asks for the filter.
  check('prctl', syscall(prctl, PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n))
  check('seccomp', syscall(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, address, 0n, 0n))
}

/** `struct sock_fprog` without its pointer, and behind it what that has to point at. */
function programOf(filter: readonly Instruction[]): Buffer {
  // An array buffer of its own: memory that V8 does not move.
  const memory = Buffer.from(new ArrayBuffer(PROGRAM_BYTES + filter.length * INSTRUCTION_BYTES))
  memory.writeUInt16LE(filter.length, 0)
  for (const [index, [code, whenTrue, whenFalse, operand]] of filter.entries()) {
    const at = PROGRAM_BYTES + index * INSTRUCTION_BYTES
    memory.writeUInt16LE(code, at)
    memory.writeUInt8(whenTrue, at + 2)
    memory.writeUInt8(whenFalse, at + 3)
    memory.writeUInt32LE(operand, at + 4)
  }
  return memory
}

/** A positive answer is the thread that could not be given the filter. */
function check(call: string, result: bigint): void {
  if (result !== 0n) throw new Error(`${call} failed with ${result}: system calls cannot be confined here`)
}
