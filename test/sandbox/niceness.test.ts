import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { until } from '../kit/wait.ts'
import { ask, failed, removeHostProgram, routing, said, version, WatchedSandbox } from './sandboxes.ts'

after(removeHostProgram)

const linux = process.platform !== 'linux' && 'niceness by session is of Linux'
/**
 * Whether sessions have a niceness: also where the kernel could share out the processor by session, and is told not to. This very
 * process may be in none: whoever started it began no session.
 */
const sessions = kernelSays('/proc/sys/kernel/sched_autogroup_enabled') !== undefined

test('connections come first: hosts are nicer than the worker, and those of routers that were slow still nicer', {
  skip: linux,
}, async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(version(1, routing("return { close: 'good' }"), { router: 'good' }))
  await sandbox.load(version(2, routing('for (;;) {}'), { router: 'slow', limits: { decisionTime: 20 } }))
  assert.equal(await said(sandbox, 1), 'good')
  failed(await ask(sandbox, 2))
  const wanted = sessions ? ['2 in a session of 2', '6 in a session of 6'] : ['2', '6']
  let seen: string[] = []
  await until(
    `hosts as nice as ${wanted.join(' and ')}`,
    () => {
      seen = [...new Set(sandbox.pids.map(niceness))].sort()
      return isDeepStrictEqual(seen, wanted) || undefined
    },
    () => seen,
  )
})

test('who may change the niceness of sessions ten times a second only changes that of twelve all the same', {
  skip: linux || (!sessions && 'this kernel cannot share out by session'),
}, async () => {
  const file = fileURLToPath(import.meta.resolve('../../sdk/src/sandbox/process-files.ts'))
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const sleepers: ChildProcess[] = []
  try {
    for (let n = 0; n < 12; n++) sleepers.push(spawn('sleep', ['60'], { detached: true, stdio: 'ignore', ...nobody }))
    const pids = sleepers.map(({ pid }) => pid ?? -1)
    const script = `import { yieldToOthers } from ${JSON.stringify(file)}
      for (const pid of ${JSON.stringify(pids)}) yieldToOthers(pid, 7)
      process.stdin.resume()`
    const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
    const yielding = spawn(process.execPath, words, { stdio: ['pipe', 'ignore', 'inherit'], ...nobody })
    sleepers.push(yielding)
    await until('every session at 7', () => pids.every((pid) => sessionNiceness(pid) === 7) || undefined)
  } finally {
    for (const sleeper of sleepers) sleeper.kill('SIGKILL')
  }
})

function niceness(pid: number): string {
  const session = sessionNiceness(pid)
  return session === undefined ? `${getPriority(pid)}` : `${getPriority(pid)} in a session of ${session}`
}

/** `undefined` where the process is in no session of its own, or the kernel does not share out the processor by session. */
function sessionNiceness(pid: number): number | undefined {
  const found = /nice (-?\d+)/.exec(kernelSays(`/proc/${pid}/autogroup`) ?? '')?.[1]
  return found === undefined ? undefined : Number(found)
}

function kernelSays(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}
