import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATORS } from 'router-sdk/limits'
import { Held } from '../../sdk/src/sandbox/held.ts'

function held(): Held {
  const version = new Held({ id: 1, router: 'r', code: '', ...OPERATORS })
  for (; version.answers < 3; version.answers++) version.took(15)
  return version
}

test('a version whose decisions take long is asked apart, until they have been short for a while', () => {
  const version = held()
  assert.equal(version.takesLong, false, 'its first decisions')
  version.took(0.05)
  version.took(15)
  assert.equal(version.takesLong, false, 'one outlier')
  version.took(15)
  assert.equal(version.takesLong, true)
  let short = 0
  for (; version.takesLong && short < 100; short++) version.took(0.05)
  assert.ok(short > 3 && short < 20, `${short} short decisions`)
})

test('a version that replaces one which hardly lived is new for a while, however often it was asked', (context) => {
  let now = 0
  context.mock.method(performance, 'now', () => now)
  const first = held()
  now = 1000
  const second = held()
  second.follow(first)
  assert.equal(second.isNew, true)
  now = 7000
  assert.equal(second.isNew, false)
  const third = held()
  third.follow(second)
  assert.equal(third.isNew, false, 'the one before it had lived')
})

test('a new version is taken to be like the one before it', () => {
  const [before, after] = [held(), held()]
  for (let at = 0; at < 3; at++) before.took(15)
  after.follow(before)
  assert.equal(after.takesLong, true)
})
