import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentUse } from '../../sdk/src/recent-use.ts'

test('what was used counts the less the longer ago it was, and adds up', () => {
  let now = 0
  const recent = new RecentUse({ halfLife: 1000, now: () => now })
  assert.equal(recent.of('a'), 0)
  recent.add('a', 10)
  assert.equal(recent.of('a'), 10)
  now += 1000
  assert.equal(recent.of('a'), 5)
  assert.equal(recent.add('a', 10), 15)
  assert.equal(recent.of('a'), 15)
  assert.equal(recent.of('b'), 0)
})

test('who has not used anything for long is forgotten: a million tenants that came once take no memory', () => {
  let now = 0
  const recent = new RecentUse({ halfLife: 1000, now: () => now })
  for (let tenant = 0; tenant < 1_000_000; tenant++) {
    now += 1
    recent.add(`tenant ${tenant}`, 1)
  }
  assert.ok(recent.size < 10_000, `${recent.size} remembered`)
})
