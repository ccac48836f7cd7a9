import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSettings } from '../../src/config/problems.ts'
import { TenantUsage } from '../../src/tenants/usage.ts'
import { Place } from '../../src/worker/place.ts'

const ADDRESS = '192.0.2.1'

/** Whether the next connection waits, after a decision that ended so. */
function waitsAfter(failure: string | undefined): boolean {
  const { limits } = parseSettings({}, 'f').tenants.defaults
  const slow = { ...limits, connectionsPerSecond: 10, connectionBurst: 2 }
  const usage = new TenantUsage(slow, { bitten: () => {}, now: () => 0 })
  const place = new Place(usage, ADDRESS)
  assert.equal(
    place.enter(() => {}),
    undefined,
  )
  place.decided(failure)
  return usage.enter(ADDRESS).kind !== 'admitted'
}

test('a decision that its router failed holds the next connections up, and one for which no host could be had does not', () => {
  for (const failure of ['threw', 'timeout', 'memory', 'bad-answer', 'killed', 'quarantined'])
    assert.equal(waitsAfter(failure), true, failure)
  for (const failure of [undefined, 'unavailable']) assert.equal(waitsAfter(failure), false, `${failure}`)
})
