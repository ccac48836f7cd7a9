import { type CallGroup, type Condition, callGroups, type Verdict } from './system-calls.ts'

/** Processors whose numbers of system calls we know. */
export type FilterArchitecture = 'x64' | 'arm64'

/** Whose filter it is: numbers and conditions differ. */
export interface FilterFor {
  readonly architecture: FilterArchitecture
  /** The process's own number, as it sees it itself. */
  readonly pid: number
  /** It has no JIT compiler: memory is never to become code. */
  readonly jitless: boolean
}

/** One instruction of classic BPF, `struct sock_filter`: what, where to go on when true and when false, operand. */
export type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number]

// linux/bpf_common.h
const LOAD = 0x20 // a 32-bit word of `struct seccomp_data`
const AND = 0x54
const EQUAL = 0x15
const AT_LEAST = 0x35
const ANY_BIT = 0x45
const RETURN = 0x06

// struct seccomp_data on a little-endian machine
const CALL = 0
const ARCHITECTURE = 4
const argumentAt = (index: number): number => 16 + 8 * index

// linux/seccomp.h
const ENOSYS = 38
const EPERM = 1
const ERRNO = 0x0005_0000
const ANSWERS = { allow: 0x7fff_0000, refuse: ERRNO | EPERM, kill: 0x8000_0000 } as const satisfies Record<
  Verdict,
  number
>
const NOT_THERE = ERRNO | ENOSYS

// linux/audit.h
const AUDIT = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const
/** Calls of the x32 ABI have this bit, and would otherwise be other calls than those that are judged. */
const X32 = 0x4000_0000

/** The filter as the kernel takes it: every way through it ends in a verdict, and no jump goes back. */
export function callFilter(filter: FilterFor): readonly Instruction[] {
  return [
    [LOAD, 0, 0, ARCHITECTURE],
    ...unless([EQUAL, 1, 0, AUDIT[filter.architecture]], 'kill'),
    [LOAD, 0, 0, CALL],
    ...unless([AT_LEAST, 0, 1, X32], 'kill'),
    ...callGroups(filter.jitless).flatMap((group) => judged(group, filter)),
    [RETURN, 0, 0, NOT_THERE],
  ]
}

function judged(group: CallGroup, filter: FilterFor): readonly Instruction[] {
  const { conditions = [], otherwise = 'kill' } = group
  const verdict = [
    ...conditions.flatMap((condition) => checked(condition, otherwise, filter.pid)),
    answer(group.verdict),
  ]
  return Object.values(group.calls)
    .map(([x64, arm64]) => (filter.architecture === 'x64' ? x64 : arm64))
    .filter((number) => number !== null)
    .flatMap((number): Instruction[] => [[EQUAL, 0, verdict.length, number], ...verdict])
}

function checked(condition: Condition, otherwise: Verdict, pid: number): readonly Instruction[] {
  const at = argumentAt(condition.argument)
  if ('among' in condition) {
    const values = condition.among.map((value) => (value === 'own pid' ? pid : value))
    const found = values.map((value, index): Instruction => [EQUAL, values.length - index, 0, value])
    return [[LOAD, 0, 0, at], ...found, answer(otherwise)]
  }
  if ('has' in condition)
    return [[LOAD, 0, 0, at], [AND, 0, 0, condition.has], ...unless([EQUAL, 1, 0, condition.has], otherwise)]
  if ('lacks' in condition) return [[LOAD, 0, 0, at], ...unless([ANY_BIT, 0, 1, condition.lacks], otherwise)]
  return [at, at + 4].flatMap((half) => [[LOAD, 0, 0, half], ...unless([EQUAL, 1, 0, 0], otherwise)])
}

/** `test` skips the one instruction behind it when all is well. */
function unless(test: Instruction, verdict: Verdict): readonly Instruction[] {
  return [test, answer(verdict)]
}

function answer(verdict: Verdict): Instruction {
  return [RETURN, 0, 0, ANSWERS[verdict]]
}
