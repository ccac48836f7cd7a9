import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Queue } from '../../src/transport/epoll/queue.ts'

describe('a queue', () => {
  it('gives back what was put in, in order, however much there is and however it is mixed', () => {
    const queue = new Queue<number>()
    let put = 0
    let taken = 0
    for (let round = 0; round < 200; round++) {
      for (let count = 0; count < (round * 7) % 61; count++) queue.push(put++)
      for (let count = 0; count < (round * 5) % 53 && queue.length > 0; count++) assert.equal(queue.shift(), taken++)
      assert.equal(queue.length, put - taken)
    }
    while (queue.length > 0) assert.equal(queue.shift(), taken++)
    assert.equal(taken, put)
    assert.ok(put > 1000)
    assert.equal(queue.shift(), undefined)
    assert.equal(queue.length, 0)
  })
})
