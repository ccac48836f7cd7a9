import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { until } from '../kit/wait.ts'
import { ask, failed, removeHostProgram, routing, said, version, WatchedSandbox } from './sandboxes.ts'

after(removeHostProgram)

test('hosts that cannot start: starting and loading fail in time, and questions are answered', async () => {
  await using watched = await WatchedSandbox.create({ command: ['/nonexistent/program'] })
  const { sandbox } = watched
  const started = performance.now()
  await Promise.all([
    assert.rejects(sandbox.start(), /no sandbox host was ready within 10000 ms/),
    assert.rejects(sandbox.load(version(1, '')), /no sandbox host could be had in time/),
  ])
  assert.ok(performance.now() - started < 15_000)
  assert.equal(failed(await ask(sandbox, 1)).failure, 'unavailable')
})

test('with no host to serve, one answers whatever it loaded, and so does the next when it is lost', async () => {
  await using watched = await WatchedSandbox.start({ hosts: 0 })
  const { sandbox } = watched
  await Promise.all([1, 2].map((id) => sandbox.load(version(id, routing(`return { close: 'answer ${id}' }`)))))
  const [first = -1, ...others] = sandbox.pids
  assert.deepEqual(others, [])
  assert.deepEqual([await said(sandbox, 1), await said(sandbox, 2)], ['answer 1', 'answer 2'])
  process.kill(first, 'SIGKILL')
  await until(
    'another host',
    () => (sandbox.pids.length === 1 && !sandbox.pids.includes(first)) || undefined,
    () => sandbox.pids,
  )
  assert.deepEqual([await said(sandbox, 1), await said(sandbox, 2)], ['answer 1', 'answer 2'])
  assert.equal(sandbox.pids.length, 1)
})
