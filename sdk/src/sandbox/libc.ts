/**
 * C functions that Node has no API for. `syscall` is declared with a number and the five arguments that we pass it. What happened is
 * the result alone: none of them says why.
 */
export interface Libc {
  syscall(number: bigint, a: bigint, b: bigint, c: bigint, d: bigint, e: bigint): bigint
  _exit(code: number): void
  setpgid(process: number, group: number): number
  /** Where the memory of a buffer is, which must be one that V8 does not move: all of an array buffer of its own. */
  addressOf(memory: Buffer): bigint
}

/**
 * This is the one file of the SDK that uses `node:ffi`.
 *
 * @throws where there is none, or this process may not use it.
 */
export function theLibc(): Libc {
  const ffi = process.getBuiltinModule('node:ffi')
  const { functions } = ffi.dlopen(null, {
    syscall: { arguments: ['u64', 'u64', 'u64', 'u64', 'u64', 'u64'], return: 'i64' },
    _exit: { arguments: ['i32'], return: 'void' },
    setpgid: { arguments: ['i32', 'i32'], return: 'i32' },
  })
  const { syscall, _exit, setpgid } = functions
  return { syscall, _exit, setpgid, addressOf: (memory) => ffi.getRawPointer(memory) }
}
