import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { epollMissing } from '../../src/transport/epoll/epoll.ts'
import { crowd } from './crowd.ts'

describe('the epoll transport, whatever system calls answer', { skip: epollMissing() ?? false }, () => {
  for (const seed of [1, 2])
    it(`loses nothing by calls that are interrupted, cut short or refused for a while (seed ${seed})`, async () => {
      const report = await crowd(1500, 64, { seed, soft: 0.05, fatal: 0 })
      assert.deepEqual(
        { ...report, softFaults: report.softFaults > 1000 },
        {
          connections: 1500,
          whole: 1500,
          failed: 0,
          lost: [],
          fatalFaults: 0,
          softFaults: true,
          misuses: [],
          leaked: 0,
        },
      )
    })

  it('loses no more connections than there were faults that cost one, and no descriptor', async () => {
    const report = await crowd(1500, 64, { seed: 3, soft: 0.02, fatal: 0.004 })
    assert.ok(report.fatalFaults > 20, JSON.stringify(report))
    assert.deepEqual(report.lost, [])
    assert.deepEqual(report.misuses, [])
    assert.equal(report.leaked, 0)
    assert.equal(report.whole + report.failed, 1500)
  })
})
