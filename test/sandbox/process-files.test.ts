import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { ownFamilyTime, processorTime } from 'router-sdk/process-files'
import { until } from '../kit/wait.ts'

const linux = process.platform !== 'linux' && 'only Linux says what processes use'
/** CPU milliseconds, well above the steps in which they are counted. */
const MUCH = 200

test('the CPU time of a session counts what children use, while they run and when they have ended', {
  skip: linux,
}, async () => {
  const before = ownFamilyTime() ?? assert.fail('the system does not say')
  const child = spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' })
  const used = await until('a child to use CPU time', () => {
    const time = processorTime(child.pid ?? -1) ?? 0
    return time >= MUCH ? time : undefined
  })
  assert.ok((ownFamilyTime() ?? 0) - before >= used, 'while it runs')
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(processorTime(child.pid ?? -1), undefined)
  assert.ok((ownFamilyTime() ?? 0) - before >= used, 'when it has ended')
})
