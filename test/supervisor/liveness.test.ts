import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Liveness } from '../../src/supervisor/liveness.ts'
import { within } from '../kit/wait.ts'

const EVERY = 2

/** Asks until nothing is heard, and says how much was asked then and how long there was silence. */
function silence(answers: (question: number) => boolean): Promise<{ asked: number; time: number }> {
  const { promise, resolve } = Promise.withResolvers<{ asked: number; time: number }>()
  let asked = 0
  const liveness = new Liveness({
    every: EVERY,
    ask: () => {
      if (answers(++asked)) liveness.answered()
    },
    silent: (time) => resolve({ asked, time }),
  })
  return within('the verdict', promise).finally(() => liveness.stop())
}

test('a process is taken for dead after ten questions in a row without an answer', async () => {
  assert.deepEqual(await silence(() => false), { asked: 10, time: 20 })
})

test('an answer to any of the ten begins the count anew', async () => {
  assert.deepEqual(await silence((question) => question % 10 === 0 && question <= 50), { asked: 60, time: 20 })
})

test('after the verdict nothing more is asked', async () => {
  let asked = 0
  const { promise, resolve } = Promise.withResolvers<number>()
  new Liveness({ every: EVERY, ask: () => asked++, silent: resolve })
  await within('the verdict', promise)
  await silence((question) => question < 10) // as long again
  assert.equal(asked, 10)
})
