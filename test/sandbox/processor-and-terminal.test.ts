import assert from 'node:assert/strict'
import { getPriority } from 'node:os'
import { after, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { mayTakeBack } from '../../sdk/src/sandbox/process-files.ts'
import { until } from '../kit/wait.ts'
import { ask, failed, removeHostProgram, routing, said, version, WatchedSandbox } from './sandboxes.ts'

after(removeHostProgram)

const linux = process.platform !== 'linux' && 'elsewhere only processes have a niceness'
test('connections come first: hosts are nicer than the worker, and those of routers that were slow still nicer', {
  skip: linux,
}, async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(version(1, routing("return { close: 'good' }"), { router: 'good' }))
  await sandbox.load(version(2, routing('for (;;) {}'), { router: 'slow', limits: { decisionTime: 20 } }))
  assert.equal(await said(sandbox, 1), 'good')
  failed(await ask(sandbox, 2))
  const wanted = [2, 6]
  let seen: number[] = []
  await until(
    `hosts as nice as ${wanted.join(' and ')}`,
    () => {
      seen = [...new Set(sandbox.pids.map((pid) => getPriority(pid)))].sort((a, b) => a - b)
      return isDeepStrictEqual(seen, wanted) || undefined
    },
    () => seen,
  )
})

test('the spare takes what is left of the processor until it serves', {
  skip: linux || (!mayTakeBack() && 'this process may not make another less nice'),
}, async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(version(1, routing("return { close: 'good' }")))
  const niceness = () => new Map(sandbox.pids.map((pid) => [pid, nicenessOf(pid)]))
  const pidWith = (nice: number) => [...niceness()].find(([, of]) => of === nice)?.[0]
  const spare = await until('a spare', () => pidWith(6), niceness)
  const serving = await until('who serves', () => pidWith(2), niceness)
  process.kill(serving, 'SIGKILL')
  await until('the spare to serve', () => nicenessOf(spare) === 2 || undefined, niceness)
  assert.equal(await said(sandbox, 1), 'good')
  await until('another spare', () => pidWith(6), niceness)
})

/** `undefined` when it is gone. */
function nicenessOf(pid: number): number | undefined {
  try {
    return getPriority(pid)
  } catch {
    return undefined
  }
}

test('what a terminal sends to its foreground is not for hosts: they end with those who asked them', async () => {
  await using watched = await WatchedSandbox.start()
  const { sandbox } = watched
  await sandbox.load(version(1, routing("return { close: 'good' }")))
  const { pids } = sandbox
  for (const pid of pids) for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.kill(pid, signal)
  for (let count = 0; count < 10; count++) assert.equal(await said(sandbox, 1), 'good')
  assert.deepEqual(sandbox.pids, pids)
})
