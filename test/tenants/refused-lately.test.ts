import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RefusedLately } from '../../src/tenants/refused-lately.ts'

describe('clients that were refused lately', () => {
  it('are known for a second at least, and for two at most', () => {
    let now = 5000
    const refused = new RefusedLately(() => now)
    now += 999
    refused.add('192.0.2.1')
    assert.equal(refused.has('192.0.2.1'), true)
    assert.equal(refused.has('192.0.2.2'), false)
    now += 1000
    assert.equal(refused.has('192.0.2.1'), true)
    now += 1001
    assert.equal(refused.has('192.0.2.1'), false)
  })

  it('are forgotten when nobody was for long', () => {
    let now = 0
    const refused = new RefusedLately(() => now)
    refused.add('192.0.2.1')
    now += 2000
    refused.add('192.0.2.2')
    assert.equal(refused.has('192.0.2.1'), false)
    assert.equal(refused.has('192.0.2.2'), true)
  })

  it('are known by what one customer has at the least', () => {
    const refused = new RefusedLately(() => 0)
    refused.add('2001:db8:1:2::3')
    refused.add('::ffff:192.0.2.1')
    assert.equal(refused.has('2001:db8:1:2:ffff::9'), true)
    assert.equal(refused.has('2001:db8:1:3::3'), false)
    assert.equal(refused.has('192.0.2.1'), true)
  })

  it('are never more than can be remembered', () => {
    let now = 0
    const refused = new RefusedLately(() => now)
    const address = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`
    for (let at = 0; at <= 10_000; at++) refused.add(address(at))
    assert.equal(refused.has(address(9999)), true)
    assert.equal(refused.has(address(10_000)), false)
    now += 1000
    refused.add(address(10_000))
    assert.equal(refused.has(address(10_000)), true)
  })
})
