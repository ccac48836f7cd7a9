import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callFilter, type FilterFor, type Instruction } from '../../sdk/src/sandbox/call-filter.ts'
import { callGroups } from '../../sdk/src/sandbox/system-calls.ts'

const PID = 4711
const AUDIT = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const
const ALLOW = 0x7fff_0000
const KILL = 0x8000_0000
const EPERM = 0x0005_0001
const ENOSYS = 0x0005_0026
const SAID = new Map([
  [ALLOW, 'allow'],
  [KILL, 'kill'],
  [EPERM, 'refuse'],
  [ENOSYS, 'not there'],
])
const FILTERS: readonly FilterFor[] = (['x64', 'arm64'] as const).flatMap((architecture) =>
  [false, true].map((jitless) => ({ architecture, pid: PID, jitless })),
)

/** What the kernel would do with the filter, as its documentation says. */
function run(filter: readonly Instruction[], data: DataView): number {
  let accumulator = 0
  for (let at = 0; ; at++) {
    const [code, whenTrue, whenFalse, operand] = filter[at] ?? assert.fail(`it runs past its end, at ${at}`)
    const jump = (taken: boolean): number => (taken ? whenTrue : whenFalse)
    if (code === 0x06) return operand
    if (code === 0x20) accumulator = data.getUint32(operand, true)
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0
    else if (code === 0x15) at += jump(accumulator === operand)
    else if (code === 0x35) at += jump(accumulator >= operand)
    else if (code === 0x45) at += jump((accumulator & operand) !== 0)
    else assert.fail(`instruction ${code} is not one that it should have`)
  }
}

function verdict(filter: FilterFor, call: number, values: readonly (number | bigint)[] = [], audit?: number): string {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, call, true)
  data.setUint32(4, audit ?? AUDIT[filter.architecture], true)
  for (const [index, value] of values.entries()) data.setBigUint64(16 + 8 * index, BigInt(value), true)
  const answer = run(callFilter(filter), data)
  return SAID.get(answer) ?? `0x${answer.toString(16)}`
}

function numberOf(filter: FilterFor, name: string): number {
  const numbers = callGroups(filter.jitless)
    .map(({ calls }) => calls[name])
    .find((found) => found !== undefined)
  return numbers?.[filter.architecture === 'x64' ? 0 : 1] ?? assert.fail(`${name} is not in the table`)
}

for (const filter of FILTERS) {
  const name = `${filter.architecture}${filter.jitless ? ', jitless' : ''}`
  const judge = (call: string, ...values: (number | bigint)[]): string =>
    verdict(filter, numberOf(filter, call), values)

  test(`${name}: each call of the table has its verdict, and no other is there`, () => {
    const listed = new Map<number, string>()
    for (const group of callGroups(filter.jitless))
      for (const [call, numbers] of Object.entries(group.calls)) {
        const number = numbers[filter.architecture === 'x64' ? 0 : 1]
        if (number === null) continue
        assert.ok(!listed.has(number), `${call} and ${listed.get(number)} are both ${number}`)
        listed.set(number, call)
        if (group.conditions === undefined) assert.equal(verdict(filter, number), group.verdict, call)
      }
    for (let number = 0; number < 600; number++)
      if (!listed.has(number)) assert.equal(verdict(filter, number), 'not there', String(number))
  })

  test(`${name}: arguments decide where a call can be innocent or not`, () => {
    const thread = 0x3d0f00
    assert.equal(judge('clone', thread), 'allow')
    assert.equal(judge('clone', thread & ~0x10000), 'kill')
    assert.equal(judge('clone', 17), 'kill')
    assert.equal(judge('tgkill', PID, PID, 6), 'allow')
    assert.equal(judge('tgkill', PID + 1, PID, 6), 'kill')
    // The kernel sees 32 bits of a process's number, and so must the filter.
    assert.equal(judge('tgkill', 0x1_0000_0000n + BigInt(PID)), 'allow')
    assert.equal(judge('tgkill', 0x1_0000_0000n), 'kill')
    assert.deepEqual([judge('prctl', 15), judge('prctl', 0x53564d41), judge('prctl', 1)], ['allow', 'allow', 'refuse'])
    assert.deepEqual([judge('fcntl', 0, 1), judge('fcntl', 0, 3), judge('fcntl', 0, 8)], ['allow', 'allow', 'refuse'])
    assert.equal(judge('prlimit64', 0, 3, 0, 4096), 'allow')
    assert.equal(judge('prlimit64', PID + 1, 3, 0, 4096), 'refuse')
    assert.equal(judge('prlimit64', 0, 3, 4096), 'refuse')
    assert.equal(judge('prlimit64', 0, 3, 0x1_0000_0000n), 'refuse')
    assert.equal(judge('mmap', 0, 4096, 3), 'allow')
    for (const call of ['mmap', 'mprotect', 'pkey_mprotect'])
      assert.equal(judge(call, 0, 4096, 5), filter.jitless ? 'refuse' : 'allow', call)
  })

  test(`${name}: calls of another architecture or of x32 end the process, whatever they would be here`, () => {
    for (const audit of [0x4000_0003, 0x4000_0028, 0, AUDIT[filter.architecture === 'x64' ? 'arm64' : 'x64']])
      assert.equal(verdict(filter, numberOf(filter, 'getpid'), [], audit), 'kill')
    for (const number of [0x4000_0000, 0x4000_0001, 0xffff_ffff]) assert.equal(verdict(filter, number), 'kill')
  })

  test(`${name}: the kernel takes it: not too long, and each jump stays inside`, () => {
    const program = callFilter(filter)
    assert.ok(program.length < 4096)
    for (const [at, [, whenTrue, whenFalse]] of program.entries())
      for (const jump of [whenTrue, whenFalse])
        assert.ok(jump <= 255 && at + jump < program.length, `instruction ${at} jumps by ${jump}`)
  })
}
