import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { after, type Clock, type Deadline, TimerWheel } from '../../src/transport/deadlines.ts'

/** Time that passes when it is told to. */
class Hand implements Clock {
  time = 12.5
  wakes = 0
  keeps = false
  #at = Number.POSITIVE_INFINITY
  #wake: () => void = () => {}

  now(): number {
    return this.time
  }

  wakeAfter(milliseconds: number, wake: () => void): void {
    assert.ok(milliseconds >= 1)
    this.#at = this.time + milliseconds
    this.#wake = wake
  }

  keepAlive(keeps: boolean): void {
    this.keeps = keeps
  }

  /** To `time`, waking on the way, each time `late` milliseconds late. */
  pass(time: number, late = 0): void {
    while (this.#at + late <= time) {
      this.time = Math.max(this.time, this.#at + late)
      this.#at = Number.POSITIVE_INFINITY
      this.wakes += 1
      this.#wake()
    }
    this.time = time
  }
}

const DAY = 86_400_000

describe('deadlines', () => {
  for (const late of [0, 3, 900])
    it(`come in order, none early, and none a step later than the clock wakes (${late} ms late)`, () => {
      const hand = new Hand()
      const wheel = new TimerWheel(hand)
      let state = 7
      const random = (below: number) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return (state / 2 ** 32) * below
      }
      const came: number[] = []
      let missing = 0
      for (const longest of [10, 2000, 20_000, 3_000_000, 2 * DAY])
        for (let count = 0; count < 200; count++) {
          const milliseconds = random(longest)
          const due = hand.time + milliseconds
          missing += 1
          wheel.after(milliseconds, () => {
            missing -= 1
            came.push(due)
            assert.ok(hand.time >= due - 0.001, `${due - hand.time} ms early`)
            assert.ok(hand.time <= due + 6 + late, `${hand.time - due} ms late, of ${milliseconds}`)
          })
          hand.pass(hand.time + random(30), late)
        }
      hand.pass(hand.time + 3 * DAY, late)
      assert.equal(missing, 0)
      assert.equal(hand.keeps, false)
      if (late === 0)
        for (let index = 1; index < came.length; index++) assert.ok((came[index] ?? 0) > (came[index - 1] ?? 0) - 5)
    })

  it('wake nobody for what was cancelled, and keep nothing alive', () => {
    const hand = new Hand()
    const wheel = new TimerWheel(hand)
    const all: Deadline[] = []
    for (let count = 0; count < 10_000; count++) all.push(wheel.after(10_000, () => assert.fail('it was cancelled')))
    assert.equal(hand.keeps, true)
    for (const one of all) one.cancel()
    for (const one of all) one.cancel()
    assert.equal(hand.keeps, false)
    hand.pass(DAY)
    assert.ok(hand.wakes <= 1, `${hand.wakes} wakes`)
  })

  it('wake seldom for what is far', () => {
    const hand = new Hand()
    const wheel = new TimerWheel(hand)
    let came = 0
    wheel.after(3_600_000, () => (came += 1))
    hand.pass(3_600_100)
    assert.equal(came, 1)
    assert.ok(hand.wakes < 30, `${hand.wakes} wakes`)
  })

  it('may be set and cancelled by what is due', () => {
    const hand = new Hand()
    const wheel = new TimerWheel(hand)
    const log: string[] = []
    const never = wheel.after(50, () => log.push('never'))
    wheel.after(40, () => {
      log.push('first')
      never.cancel()
      wheel.after(0, () => log.push('at once'))
      wheel.after(1000, () => log.push('later'))
    })
    hand.pass(100)
    assert.deepEqual(log, ['first', 'at once'])
    hand.pass(2000)
    assert.deepEqual(log, ['first', 'at once', 'later'])
  })

  it('may be set by the only one that was due, however late that came: in its slot, or round the wheel', () => {
    for (let late = 0; late <= 60; late++)
      for (let step = 1; step <= 520; step++) {
        const hand = new Hand()
        const wheel = new TimerWheel(hand)
        let [due, came] = [Number.NaN, Number.NaN]
        wheel.after(100, () => {
          due = hand.time + 4 * step
          wheel.after(4 * step, () => (came = hand.time))
        })
        hand.pass(200 + 4 * late, 4 * late)
        hand.pass(due + 4 * late + 8, 4 * late)
        const lag = came - due
        assert.ok(lag >= 0 && lag <= 4 * late + 5, `${late} steps late, then ${step}: ${lag} ms after it was due`)
      }
  })

  it('are kept by the clock of the system', async () => {
    const started = performance.now()
    const cancelled = after(5, () => assert.fail('it was cancelled'))
    await new Promise<void>((resolve) => {
      after(30, resolve)
      cancelled.cancel()
    })
    assert.ok(performance.now() - started >= 30)
  })
})
