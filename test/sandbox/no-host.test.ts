import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, failed, version, WatchedSandbox } from './sandboxes.ts'

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
