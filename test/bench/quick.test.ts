import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { better, judge, parseRatios, TOLERANCE, told } from '../../bench/report/judge.ts'

describe('the quick benchmark', () => {
  const verdict = (before: number, now: number) => judge({ cost: before }, { cost: now })[0]?.verdict

  it('passes a ratio that is what it was, better, or a little worse', () => {
    assert.deepEqual([verdict(1.1, 1.1), verdict(1.1, 0.5), verdict(1.1, 1.1 * TOLERANCE)], ['holds', 'holds', 'holds'])
  })

  it('fails a ratio that is a third worse', () => {
    assert.equal(verdict(1.1, 1.1 * 1.33), 'regressed')
    const [judgement] = judge({ cost: 1 }, { cost: 2 })
    assert.ok(judgement)
    assert.equal(told(judgement), 'regressed  cost: 2.00 ×, was 1.00, at most 1.30')
  })

  it('skips what was not measured, and says so', () => {
    for (const measured of [{}, { cost: Number.NaN }, { cost: Number.POSITIVE_INFINITY }])
      assert.equal(judge({ cost: 1 }, measured)[0]?.verdict, 'skipped')
  })

  it('takes the better of two measurements of each ratio', () => {
    assert.deepEqual(better({ cost: 2, memory: 1 }, { cost: 1.5, memory: 3, latency: 4 }), {
      cost: 1.5,
      memory: 1,
      latency: 4,
    })
  })

  it('has a baseline that can be read', () => {
    const kept = parseRatios(readFileSync(new URL('../../bench/baseline.json', import.meta.url), 'utf8'))
    assert.ok(Object.keys(kept).length >= 5)
  })

  it('refuses a baseline of anything but ratios', () => {
    assert.throws(() => parseRatios('{"cost": "1.2"}'), /the ratio "cost" is a number above 0, not 1\.2/)
    assert.throws(() => parseRatios('{"cost": 0}'), /not 0/)
    assert.throws(() => parseRatios('null'), /an object of numbers, not null/)
  })
})
