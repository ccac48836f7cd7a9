import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CompileFailure } from 'router-sdk/compile'
import { PortRefused } from '../../src/supervisor/claims.ts'
import { Retries } from '../../src/supervisor/retries.ts'
import { OneTooMany } from '../../src/supervisor/tenant-allowance.ts'
import { WarmFailure, WorkerSilent } from '../../src/supervisor/worker-link.ts'

function retries(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const again: string[] = []
  return { again, retries: new Retries((router) => again.push(router)), pass: (ms: number) => t.mock.timers.tick(ms) }
}

const LOST = new WarmFailure('sandbox', 'its sandbox host was lost', undefined)

test('what failed through no fault of the router is tried again, less and less often', (t) => {
  const { again, retries: waiting, pass } = retries(t)
  for (const pause of [5000, 10_000, 20_000]) {
    assert.equal(waiting.after('acme/r', LOST), pause)
    pass(pause - 1)
    assert.deepEqual(again, [])
    pass(1)
    assert.deepEqual(again.splice(0), ['acme/r'])
  }
  for (let failures = 0; failures < 20; failures++) waiting.after('acme/r', new WorkerSilent('nothing'))
  assert.equal(waiting.after('acme/r', new Error('listen EADDRINUSE')), 300_000)
})

test('what is wrong with the router itself, or with what it asks for, is not tried again', (t) => {
  const { again, retries: waiting, pass } = retries(t)
  const own = [
    new CompileFailure([], []),
    new WarmFailure('router', 'it throws', undefined),
    new PortRefused('taken'),
    new OneTooMany('many'),
  ]
  for (const error of own) assert.equal(waiting.after('r', error), undefined)
  pass(1_000_000)
  assert.deepEqual(again, [])
})

test('a router that was saved, served or taken away meanwhile is not tried again for what was before', (t) => {
  const { again, retries: waiting, pass } = retries(t)
  waiting.after('served', LOST)
  waiting.after('saved', LOST)
  waiting.forget('served')
  waiting.after('saved', new CompileFailure([], []))
  pass(1_000_000)
  assert.deepEqual(again, [])
  assert.equal(waiting.after('served', LOST), 5000)
  waiting.close()
  assert.equal(waiting.after('other', LOST), undefined)
  pass(1_000_000)
  assert.deepEqual(again, [])
})
