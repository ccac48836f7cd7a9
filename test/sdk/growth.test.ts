import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GrowthWatch, growthText } from '../../sdk/src/testing/growth.ts'

const KiB = 1024
const EACH = 500

/** A router that holds `held(decisions)` bytes besides its code, measured `times` times. */
function watched(held: (decisions: number) => number, times = 24): GrowthWatch {
  const watch = new GrowthWatch()
  for (let at = 1; at <= times; at++) watch.add(at * EACH, 900 * KiB + held(at * EACH))
  return watch
}

/** Unevenly up and down, by as much as `most` bytes. */
const uneven = (most: number, decisions: number): number => ((decisions / EACH) % 5) * (most / 4)

describe('the growth of what a router holds', () => {
  const GROWING: readonly (readonly [string, (decisions: number) => number, number])[] = [
    ['a little of each decision', (decisions) => 48 * decisions, 48],
    ['much of each', (decisions) => 2000 * decisions, 2000],
    ['a little of each, unevenly measured', (decisions) => 100 * decisions + uneven(60 * KiB, decisions), 100],
    [
      'a little, in an array that grows by halves',
      (n) => 100 * n + 8 * 1.5 ** Math.ceil(Math.log(n) / Math.log(1.5)),
      110,
    ],
    ['a little, in an isolate that was replaced once', (n) => (n < 3200 ? 48 * n : 48 * (n - 3200)), 48],
  ]
  for (const [what, held, each] of GROWING)
    it(`is seen when it keeps ${what}`, () => {
      const { growth } = watched(held)
      assert.ok(growth !== undefined)
      const { bytesPerDecision } = growth
      assert.ok(bytesPerDecision > 0.8 * each && bytesPerDecision < 1.2 * each, `${bytesPerDecision} bytes`)
    })

  const BOUNDED: readonly (readonly [string, (decisions: number) => number])[] = [
    ['nothing', () => 0],
    ['nothing, unevenly measured', (decisions) => uneven(300 * KiB, decisions)],
    ['less than 16 bytes of each', (decisions) => 12 * decisions],
    ['a cache that is full after 1,000', (decisions) => 300 * Math.min(decisions, 1000)],
    ['a cache that is full after 7,000', (decisions) => 300 * Math.min(decisions, 7000)],
    ['a table that doubles once', (decisions) => (decisions > 8000 ? 400 * KiB : 0)],
    ['what it clears after 2,000', (decisions) => 300 * (decisions % 2000)],
    ['what it clears after 5,000', (decisions) => 300 * (decisions % 5000)],
    ['less and less', (decisions) => -30 * decisions],
  ]
  for (const [what, held] of BOUNDED)
    it(`is not seen when it keeps ${what}`, () => assert.equal(watched(held).growth, undefined))

  it('is suspected before it is certain, and not for ever', () => {
    const growing = (decisions: number): number => 48 * decisions
    assert.deepEqual([watched(growing, 5).growth, watched(growing, 5).suspects], [undefined, true])
    assert.deepEqual([watched(growing, 10).growth !== undefined, watched(growing, 10).suspects], [true, true])
    assert.deepEqual([watched(growing, 24).growth !== undefined, watched(growing, 24).suspects], [true, false])
    for (const times of [0, 1, 2, 24]) assert.equal(watched(() => 0, times).suspects, false)
  })

  it('is told in the units of its size', () => {
    const text = growthText({ bytesPerDecision: 48.4, bytes: 2_200_000, decisions: 41_000 })
    assert.equal(text, 'memory grows by about 48 bytes with each decision (2.1 MiB over 41,000)')
    const little = growthText({ bytesPerDecision: 1234, bytes: 700 * KiB, decisions: 999 })
    assert.equal(little, 'memory grows by about 1,234 bytes with each decision (700 KiB over 999)')
  })
})
