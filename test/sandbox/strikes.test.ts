import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Strikes } from '../../sdk/src/sandbox/strikes.ts'

const RULES = { limit: 3, window: 1000, quarantine: 100, quarantineMax: 350 }

function strikes(): { strikes: Strikes; pass(milliseconds: number): void } {
  let now = 5000
  return { strikes: new Strikes(RULES, () => now), pass: (milliseconds) => (now += milliseconds) }
}

test('a router is on probation from its first strike until the window has passed', () => {
  const { strikes: s, pass } = strikes()
  assert.equal(s.standing('a'), 'clear')
  assert.equal(s.strike('a'), 0)
  assert.equal(s.standing('a'), 'penalty')
  assert.equal(s.standing('b'), 'clear')
  pass(999)
  assert.equal(s.standing('a'), 'penalty')
  pass(1)
  assert.equal(s.standing('a'), 'clear')
})

test('strikes within the window lead to quarantine, those before it do not count', () => {
  const { strikes: s, pass } = strikes()
  s.strike('a')
  pass(600)
  s.strike('a')
  pass(600)
  assert.equal(s.strike('a'), 0)
  assert.equal(s.count('a'), 2)
  assert.equal(s.strike('a'), 100)
  assert.equal(s.standing('a'), 'quarantined')
  pass(100)
  assert.equal(s.standing('a'), 'penalty')
})

test('after a quarantine one strike leads to the next, twice as long, up to the most', () => {
  const { strikes: s, pass } = strikes()
  s.strike('a')
  s.strike('a')
  const lengths = [s.strike('a')]
  for (let n = 0; n < 3; n++) {
    pass(lengths.at(-1) ?? 0)
    lengths.push(s.strike('a'))
  }
  assert.deepEqual(lengths, [100, 200, 350, 350])
  pass(350 + 1000)
  assert.equal(s.standing('a'), 'clear')
  assert.equal(s.strike('a'), 0, 'everything is forgotten')
})

test('a new version is let out of quarantine and starts without strikes, on probation', () => {
  const { strikes: s, pass } = strikes()
  for (let n = 0; n < 3; n++) s.strike('a')
  assert.equal(s.standing('a'), 'quarantined')
  s.pardon('a')
  assert.equal(s.standing('a'), 'penalty')
  assert.equal(s.count('a'), 0)
  assert.deepEqual([s.strike('a'), s.strike('a'), s.strike('a')], [0, 0, 100])
  s.pardon('nobody')
  assert.equal(s.standing('nobody'), 'clear')
  s.pardon('a')
  pass(1000)
  assert.equal(s.standing('a'), 'clear')
})

test('the second crash within the window is no coincidence', () => {
  const { strikes: s, pass } = strikes()
  assert.equal(s.suspect('a'), false)
  assert.equal(s.standing('a'), 'clear')
  pass(999)
  assert.equal(s.suspect('a'), true)
  assert.equal(s.suspect('a'), false)
  pass(1000)
  assert.equal(s.standing('a'), 'clear')
  assert.equal(s.suspect('a'), false)
})

test('routers that are gone are forgotten, however many come', () => {
  const { strikes: s, pass } = strikes()
  for (let n = 0; n < 10_000; n++) {
    s.strike(`t${n}/r`, n % 2 === 0)
    s.suspect(`t${n}/other`)
    pass(20)
  }
  assert.ok(s.size < 500, `${s.size} are known`)
  assert.equal(s.standing('t9998/r'), 'cell')
  assert.equal(s.standing('t9999/r'), 'penalty')
  assert.equal(s.suspect('t9999/other'), true)
})
