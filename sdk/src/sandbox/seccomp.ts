import { callFilter, type FilterArchitecture, type Instruction } from './call-filter.ts'

// The same on every architecture.
const PR_SET_NO_NEW_PRIVS = 38n
const SECCOMP_SET_MODE_FILTER = 1n
const SECCOMP_FILTER_FLAG_TSYNC = 1n
const INSTRUCTION_BYTES = 8
/** `struct sock_fprog`: how many instructions there are, padding, and where. */
const PROGRAM_BYTES = 16

const NUMBERS = { x64: { prctl: 157n, seccomp: 317n }, arm64: { prctl: 167n, seccomp: 277n } } as const

/**
 * From now on, and for good, the kernel lets this process, all of its threads, make only the system calls that a sandbox host
 * needs (`system-calls.ts`): for the case that somebody comes to run native code in it. Its rights to call and load native code
 * from JavaScript, which served for this, are given up. This is the one file of the SDK that uses `node:ffi`.
 *
 * @throws when this system cannot do it: the process must not go on then, since it was to be confined.
 */
export function confineSystemCalls(): void {
  const architecture = ours()
  const jitless = process.execArgv.includes('--jitless')
  install(architecture, callFilter({ architecture, pid: process.pid, jitless }))
  const { permission } = process
  for (const right of ['ffi', 'addon']) permission?.drop(right)
}

function ours(): FilterArchitecture {
  const { platform, arch } = process
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return arch
  throw new Error(`system calls cannot be confined on ${platform} ${arch}`)
}

function install(architecture: FilterArchitecture, filter: readonly Instruction[]): void {
  const ffi = process.getBuiltinModule('node:ffi')
  // An array buffer of its own: memory that V8 does not move.
  const memory = Buffer.from(new ArrayBuffer(PROGRAM_BYTES + filter.length * INSTRUCTION_BYTES))
  const address = ffi.getRawPointer(memory)
  memory.writeUInt16LE(filter.length, 0)
  memory.writeBigUInt64LE(address + BigInt(PROGRAM_BYTES), 8)
  for (const [index, [code, whenTrue, whenFalse, operand]] of filter.entries()) {
    const at = PROGRAM_BYTES + index * INSTRUCTION_BYTES
    memory.writeUInt16LE(code, at)
    memory.writeUInt8(whenTrue, at + 2)
    memory.writeUInt8(whenFalse, at + 3)
    memory.writeUInt32LE(operand, at + 4)
  }
  const { functions } = ffi.dlopen(null, {
    syscall: { arguments: ['u64', 'u64', 'u64', 'u64', 'u64', 'u64'], return: 'i64' },
  })
  const { prctl, seccomp } = NUMBERS[architecture]
  // Without this only root may install a filter. Threads that run already get it from the thread that asks for the filter.
  check('prctl', functions.syscall(prctl, PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n))
  const flags = SECCOMP_FILTER_FLAG_TSYNC
  check('seccomp', functions.syscall(seccomp, SECCOMP_SET_MODE_FILTER, flags, address, 0n, 0n))
}

/** A positive answer is the thread that could not be given the filter. */
function check(call: string, result: bigint): void {
  if (result !== 0n) throw new Error(`${call} failed with ${result}: system calls cannot be confined here`)
}
