import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { shortenSlices } from 'router-sdk/own-process'

test('a host that is gone before it could come first is nobody else’s end', () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  assert.ok(pid > 0)
  assert.doesNotThrow(() => shortenSlices(pid, 'host'))
})
