import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Pace } from '../../src/compiler/pace.ts'

/** A pace on a clock that stands still unless it is told, and what it said. */
function paceOf(context: TestContext): { pace: Pace; said: boolean[]; pass: (milliseconds: number) => void } {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  const said: boolean[] = []
  const pace = new Pace(
    (hurried) => said.push(hurried),
    () => now,
  )
  const pass = (milliseconds: number): void => {
    now += milliseconds
    context.mock.timers.tick(milliseconds)
  }
  return { pace, said, pass }
}

test('a router that is done soon is not hurried', (context) => {
  const { pace, said, pass } = paceOf(context)
  const done = pace.begin('acme')
  pass(299)
  done()
  pass(10_000)
  assert.deepEqual(said, [])
})

test('one that has waited is hurried until it is done, and so are all with it', (context) => {
  const { pace, said, pass } = paceOf(context)
  const [one, other] = [pace.begin('acme'), pace.begin('globex')]
  pass(300)
  assert.deepEqual(said, [true])
  one()
  assert.deepEqual(said, [true])
  other()
  assert.deepEqual(said, [true, false])
})

test('whoever saves all the time is never hurried, until he has rested', (context) => {
  const { pace, said, pass } = paceOf(context)
  for (let save = 0; save < 20; save++) {
    pace.begin('acme')()
    pass(50)
  }
  const often = pace.begin('acme')
  pass(5000)
  often()
  assert.deepEqual(said, [])
  pass(60_000)
  const rested = pace.begin('acme')
  pass(300)
  rested()
  assert.deepEqual(said, [true, false])
})

test('who is hurried does not depend on how many others save', (context) => {
  const { pace, said, pass } = paceOf(context)
  for (let owner = 0; owner < 2000; owner++) pace.begin(`owner ${owner}`)()
  const done = pace.begin('acme')
  pass(300)
  done()
  assert.deepEqual(said, [true, false])
})
