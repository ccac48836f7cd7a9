import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { callGroups } from '../../sdk/src/sandbox/system-calls.ts'
import { within } from '../kit/wait.ts'

const NATIVE = join(dirname(fileURLToPath(import.meta.url)), 'hosts', 'native.ts')
const { arch, platform } = process
const skip = platform === 'linux' && (arch === 'x64' || arch === 'arm64') ? false : 'no filter for this system'
const EPERM = -1
const ENOSYS = -38
const AT_FDCWD = -100
const WRITE_CREATE = 0o101

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly results: readonly number[]
  readonly done: string
  readonly ffi: boolean | null
}

/** Another host of this machine, of the same user. */
let sibling: ChildProcess
before(() => {
  sibling = spawn('/bin/sleep', ['60'], { stdio: 'ignore' })
})
after(() => sibling.kill('SIGKILL'))

const clone3 = 435

function numberOf(name: string): number {
  const numbers = callGroups(false)
    .map(({ calls }) => calls[name])
    .find((found) => found !== undefined)
  return numbers?.[arch === 'x64' ? 0 : 1] ?? assert.fail(`${name} is not in the table`)
}

type Call = readonly [name: string, ...values: (number | string)[]]

async function run(
  { confined = true, calls = [], act }: { confined?: boolean; calls?: readonly Call[]; act?: string },
  ...flags: string[]
): Promise<Ended> {
  const numbers = calls.map(([name, ...values]) => [name === 'clone3' ? clone3 : numberOf(name), ...values])
  const task = JSON.stringify({ confined, calls: numbers, act })
  const child = spawn(process.execPath, [...flags, '--disable-warning=ExperimentalWarning', NATIVE, task], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += String(chunk)
  })
  try {
    const [code, signal]: (number | NodeJS.Signals | null)[] = await within('its end', once(child, 'close'))
    assert.ok(code === null || typeof code === 'number')
    assert.ok(signal === null || typeof signal === 'string')
    return { results: [], done: '', ffi: null, ...(text === '' ? {} : JSON.parse(text)), code, signal }
  } finally {
    child.kill('SIGKILL')
  }
}

const HARMLESS = (pid: number): Call[] => [
  ['socket', 2, 1, 0],
  ['kill', pid, 0],
  ['openat', AT_FDCWD, '/etc/passwd', 0],
  ['openat', AT_FDCWD, '/tmp/pointsman-native', WRITE_CREATE, 0o600],
  ['prlimit64', pid, 7, 0, 0],
  ['unlinkat', AT_FDCWD, '/tmp/pointsman-native', 0],
]

test('what is tried here is granted to a process without the filter', { skip }, async () => {
  const { results, code } = await run({ confined: false, calls: HARMLESS(sibling.pid ?? 0) })
  assert.equal(code, 0)
  assert.ok(results.length === 6 && results.every((result) => result >= 0), `granted: ${results.join(', ')}`)
})

test('the kernel refuses a confined process files, others’ limits and all that could make a process', {
  skip,
}, async () => {
  const { results, done, code } = await run({
    calls: [
      ['getpid'],
      ['openat', AT_FDCWD, '/etc/passwd', 0],
      ['openat', AT_FDCWD, '/tmp/pointsman-native', WRITE_CREATE, 0o600],
      ['ioctl', 1, 0x5401],
      ['prlimit64', sibling.pid ?? 0, 7, 0, 0],
      ['prctl', 1, 0],
      ['clone3', 0, 0],
    ],
    act: 'open files',
  })
  assert.equal(code, 0)
  assert.deepEqual(results.slice(1), [EPERM, EPERM, EPERM, EPERM, EPERM, ENOSYS])
  assert.equal(done, 'EPERM EPERM')
  assert.ok(!existsSync('/tmp/pointsman-native'))
})

const FATAL: readonly ((pid: number) => Call)[] = [
  () => ['socket', 2, 1, 0],
  () => ['sendto', 3, 'x', 1, 0, 0, 0],
  (pid) => ['kill', pid, 9],
  (pid) => ['tgkill', pid, pid, 9],
  (pid) => ['ptrace', 16, pid, 0, 0],
  (pid) => ['process_vm_readv', pid, 0, 0, 0, 0, 0],
  () => ['execve', '/bin/true', 0, 0],
  () => ['clone', 17, 0, 0, 0, 0],
  () => ['unlinkat', AT_FDCWD, '/tmp/pointsman-none', 0],
  () => ['io_uring_setup', 1, 0],
  () => ['setresuid', 0, 0, 0],
]

test('what no host ever does ends a confined process at once, before it is done', { skip }, async () => {
  const ends = await Promise.all(
    FATAL.map(async (of) => {
      const call = of(sibling.pid ?? 0)
      const { signal, results } = await run({ calls: [call] })
      return `${call[0]} ${signal ?? results[0]}`
    }),
  )
  assert.deepEqual(
    ends,
    FATAL.map((of) => `${of(0)[0]} SIGSYS`),
  )
  assert.equal(sibling.exitCode ?? sibling.signalCode, null, 'the sibling lives')
})

test('the ways in which Node dies are open to a confined process', { skip }, async () => {
  const [aborted, filled, overflowed] = await Promise.all([
    run({ act: 'abort' }),
    run({ act: 'fill the heap' }, '--max-old-space-size=16'),
    run({ act: 'overflow the stack' }),
  ])
  assert.equal(aborted.signal, 'SIGABRT')
  assert.match(filled.signal ?? '', /^SIG(ABRT|TRAP|ILL)$/)
  assert.deepEqual([overflowed.code, overflowed.done], [0, 'RangeError'])
})

test('with the filter a process gives up its right to call native code', { skip }, async () => {
  const flags = ['--permission', '--allow-ffi', '--allow-fs-read=*']
  const [before, after] = await Promise.all([run({ confined: false }, ...flags), run({}, ...flags)])
  assert.deepEqual([before.ffi, after.ffi], [true, false])
})
