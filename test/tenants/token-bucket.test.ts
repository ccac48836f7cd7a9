import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from '../../src/tenants/token-bucket.ts'

function clocked(perSecond: number, burst: number) {
  const clock = { now: 0 }
  return { clock, bucket: new TokenBucket(perSecond, burst, () => clock.now) }
}

test('what is there is had at once; what is taken beyond it has to be waited for', () => {
  const { clock, bucket } = clocked(100, 10)
  assert.equal(bucket.take(10), 0)
  assert.equal(bucket.wait(1), 10)
  assert.equal(bucket.take(5), 50)
  clock.now = 50
  assert.equal(bucket.wait(0), 0)
  assert.equal(bucket.full, false)
  clock.now = 150
  assert.equal(bucket.full, true)
  assert.equal(bucket.take(11), 10, 'a quiet time saves no more than the burst')
})

test('a rate of 0 is no limit', () => {
  const { bucket } = clocked(0, 0)
  assert.equal(bucket.take(1e12), 0)
  assert.equal(bucket.full, true)
})

test('another rate holds from now on, and a debt stays one', () => {
  const { clock, bucket } = clocked(100, 10)
  bucket.take(20)
  bucket.configure(10, 10)
  assert.equal(bucket.wait(0), 1000)
  bucket.configure(1000, 1000)
  clock.now = 10
  assert.equal(bucket.wait(0), 0)
})

test('whoever waits as told never gets more than rate × time + burst', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 50 }), (pieces) => {
      const { clock, bucket } = clocked(100, 50)
      let taken = 0
      for (const piece of pieces) {
        clock.now += bucket.take(piece)
        taken += piece
        assert.ok(taken <= 50 + clock.now / 10 + 1e-6)
      }
    }),
  )
})
