import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CpuClaims } from '../../sdk/src/sandbox/cpu-claims.ts'

test('a host that says what it uses is believed, however much it is and however much nobody measures beside', () => {
  const claims = new CpuClaims(300, 0)
  for (let second = 1; second <= 60; second++) {
    for (let asked = 0; asked < 2000; asked++) claims.said(0.2, 0.5)
    assert.equal(claims.unexplained(300 + second * 1000, 0, second * 1000), 0)
  }
})

test('what is not answered yet counts for as long as it takes', () => {
  const claims = new CpuClaims(0, 0)
  assert.equal(claims.unexplained(1000, 900, 1000), 0)
})

test('a host that was late by seconds, because we were, had the time to use more', () => {
  const claims = new CpuClaims(0, 0)
  assert.equal(claims.unexplained(1200, 0, 5000), 0)
  assert.equal(claims.unexplained(2400, 0, 6000), 1200)
})

test('time that was explained in one second explains nothing in the next', () => {
  const claims = new CpuClaims(0, 0)
  claims.said(1000, 0)
  assert.equal(claims.unexplained(100, 0, 1000), 0)
  assert.equal(claims.unexplained(1100, 0, 2000), 1000)
})
