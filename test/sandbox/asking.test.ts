import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAnswer, FrameReader, MAX_HOST_FRAME } from '../../sdk/src/sandbox/frames.ts'
import { Held } from '../../sdk/src/sandbox/held.ts'
import { Asking } from '../../sdk/src/sandbox/jobs.ts'
import { question, routing, version } from './sandboxes.ts'

/** A question about which hosts said so often, each after so long and so much CPU time (ms), that it is to be asked elsewhere. */
function moved(times: number, { after, used }: { after: number; used: number }): Asking {
  const held = new Held(version(1, routing('return { close: true }'), { limits: { decisionTime: 20 } }))
  const asking = new Asking(held, question(), () => {})
  const reader = new FrameReader(MAX_HOST_FRAME)
  for (let time = 0; time < times; time++) {
    asking.sent = performance.now() - after
    reader.feed(encodeAnswer(1, 'elsewhere', used * 1000, ''), ({ body }) => asking.answered(body))
  }
  return asking
}

test('a router that is moved on has had its CPU time when what it used here and there comes to it', () => {
  assert.equal(moved(3, { after: 60, used: 6 }).givenUp, undefined)
  assert.equal(moved(4, { after: 60, used: 6 }).givenUp?.failure, 'timeout')
})

test('a question for which the machine has no time gets none after six tries, which is no time-out', () => {
  assert.equal(moved(5, { after: 60, used: 1 }).givenUp, undefined)
  assert.equal(moved(6, { after: 60, used: 1 }).givenUp?.failure, 'unavailable')
})

test('a host that moves a question on at once ends it by neither, and is found out at the ninth time', () => {
  assert.equal(moved(8, { after: 0, used: 100 }).givenUp, undefined)
  assert.throws(() => moved(9, { after: 0, used: 100 }), /sent elsewhere 9 times/)
})
