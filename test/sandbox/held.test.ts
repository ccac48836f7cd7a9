import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATORS } from 'router-sdk/limits'
import { Held } from '../../sdk/src/sandbox/held.ts'

/** One that has been asked for the first times, and took so many milliseconds. */
function held(first = [15, 15, 1]): Held {
  const version = new Held({ id: 1, router: 'r', code: '', ...OPERATORS })
  for (const took of first) answer(version, took)
  return version
}

function answer(version: Held, milliseconds: number): void {
  version.took(milliseconds)
  version.answers += 1
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

test('a version none of whose first decisions was quick is new until it is known to take long, or not', () => {
  const slow = held([15, 15, 15])
  assert.deepEqual([slow.isNew, slow.takesLong], [true, false])
  answer(slow, 15)
  assert.deepEqual([slow.isNew, slow.takesLong], [true, false])
  answer(slow, 15)
  assert.equal(slow.takesLong, true)
  const quick = held([15, 15, 15])
  for (let at = 0; at < 3; at++) answer(quick, 0.05)
  assert.deepEqual([quick.isNew, quick.takesLong], [false, false])
  assert.equal(held([15, 1, 15]).isNew, false)
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
