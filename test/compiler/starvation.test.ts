import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Starvation } from '../../src/compiler/starvation.ts'

/** On a clock that stands still unless it is told how much of each second was had, in CPU milliseconds. */
function starvationOf(context: TestContext) {
  context.mock.timers.enable({ apis: ['setInterval'] })
  let spent: number | undefined = 5000
  const said: boolean[] = []
  const starvation = new Starvation({ spent: () => spent, changed: (starved) => said.push(starved) })
  const pass = (seconds: number, had: number | undefined): void => {
    for (let second = 0; second < seconds; second++) {
      spent = had === undefined || spent === undefined ? undefined : spent + had
      context.mock.timers.tick(1000)
    }
  }
  return { starvation, said, pass }
}

test('two seconds with next to nothing of the processor are starvation, until nothing is left to compile', (context) => {
  const { starvation, said, pass } = starvationOf(context)
  const [one, other] = [starvation.begin(), starvation.begin()]
  pass(1, 49)
  assert.deepEqual(said, [])
  pass(1, 49)
  assert.deepEqual(said, [true])
  one()
  assert.deepEqual(said, [true])
  other()
  assert.deepEqual(said, [true, false])
})

test('who is given something is not starved, however long it takes', (context) => {
  const { starvation, said, pass } = starvationOf(context)
  const done = starvation.begin()
  for (let times = 0; times < 50; times++) {
    pass(1, 0)
    pass(1, 50)
  }
  done()
  assert.deepEqual(said, [])
})

test('relief is for ten seconds; then it is tried without', (context) => {
  const { starvation, said, pass } = starvationOf(context)
  const done = starvation.begin()
  pass(2, 0)
  pass(9, 500)
  assert.deepEqual(said, [true])
  pass(1, 500)
  assert.deepEqual(said, [true, false])
  pass(2, 0)
  assert.deepEqual(said, [true, false, true])
  done()
})

test('what was not had while nothing was compiled does not count', (context) => {
  const { starvation, said, pass } = starvationOf(context)
  const first = starvation.begin()
  pass(1, 0)
  first()
  pass(20, 0)
  const second = starvation.begin()
  pass(1, 0)
  assert.deepEqual(said, [])
  second()
})

test('where the system does not say what was used, nobody is starved', (context) => {
  const { starvation, said, pass } = starvationOf(context)
  const done = starvation.begin()
  pass(20, undefined)
  done()
  assert.deepEqual(said, [])
})
