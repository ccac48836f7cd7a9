/**
 * Stands for a sandbox host in which somebody runs native code: it makes the system calls that its argument says, as
 * `{"confined":true,"calls":[[number,…arguments]],"act":"…"}`, and prints what came of them. A text is passed as a pointer to it.
 */
import { constants, openSync, readFileSync, writeSync } from 'node:fs'
import { confineSystemCalls } from '../../../sdk/src/sandbox/seccomp.ts'

interface Task {
  readonly confined: boolean
  readonly calls: readonly (readonly (number | string)[])[]
  readonly act?: string
}

const task: Task = JSON.parse(process.argv[2] ?? '{}')
const ffi = process.getBuiltinModule('node:ffi')
const { functions } = ffi.dlopen(null, {
  syscall: { arguments: ['u64', 'u64', 'u64', 'u64', 'u64', 'u64', 'u64'], return: 'i64' },
  __errno_location: { arguments: [], return: 'pointer' },
})
const errno = new Int32Array(ffi.toArrayBuffer(functions.__errno_location(), 4, false))
// A path of at most this many bytes: what is passed must not be collected before it is read.
const PATH_BYTES = 64
const kept: ArrayBuffer[] = []

const exit = task.confined ? confineSystemCalls() : (code: number): void => process.exit(code)
const results = task.calls.map(call)
const done = act(task.act ?? '')
writeSync(1, JSON.stringify({ results, done, ffi: process.permission?.has('ffi') ?? null }))
exit(0)

/** What the call gives, or the number of its error below zero. */
function call(words: readonly (number | string)[]): number {
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n] = words.map(native)
  const result = functions.syscall(a, b, c, d, e, f, g)
  return result === -1n ? -(errno[0] ?? 0) : Number(result)
}

function native(word: number | string): bigint {
  if (typeof word === 'number') return BigInt.asUintN(64, BigInt(word))
  const memory = new ArrayBuffer(PATH_BYTES)
  Buffer.from(memory).write(word, 'latin1')
  kept.push(memory)
  return ffi.getRawPointer(memory)
}

function act(what: string): string {
  switch (what) {
    case 'abort':
      return process.abort()
    case 'fill the heap':
      return fillTheHeap()
    case 'open files':
      return [() => readFileSync('/etc/passwd'), () => openSync('/tmp/pointsman-native', constants.O_CREAT)]
        .map(failureOf)
        .join(' ')
    case 'overflow the stack':
      return failureOf(deeper)
    default:
      return ''
  }
}

function fillTheHeap(): never {
  const all: unknown[] = []
  for (;;) all.push(Array.from({ length: 1000 }, () => ({})))
}

function deeper(): number {
  return deeper() + 1
}

function failureOf(attempt: () => unknown): string {
  try {
    attempt()
    return 'none'
  } catch (error) {
    if (!(error instanceof Error)) return 'unknown'
    return 'code' in error ? String(error.code) : error.name
  }
}
