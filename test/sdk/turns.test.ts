import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from '../../sdk/src/turns.ts'

/** Work that ends when it is told to, and what was begun so far. */
function works(turns: Turns) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const done: Promise<void>[] = []
  const take = (owner: string, name: string) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    ends.set(name, resolve)
    done.push(
      turns.take(owner, () => {
        begun.push(name)
        return promise
      }),
    )
  }
  const end = async (name: string) => {
    ends.get(name)?.()
    await new Promise((resume) => setImmediate(resume))
  }
  return { begun, take, end, done }
}

test('who has much to do waits behind his own work, and places that are free go to the owners in turn', async () => {
  const { begun, take, end } = works(new Turns({ atOnce: 2, ofOne: 2, now: () => 0 }))
  for (const name of ['a1', 'a2', 'a3', 'a4']) take('a', name)
  for (const name of ['b1', 'b2']) take('b', name)
  take('c', 'c1')
  await end('a1')
  await end('a2')
  await end('b1')
  assert.deepEqual(begun.slice(0, 2), ['a1', 'a2'])
  assert.deepEqual(begun.slice(2, 5).sort(), ['a3', 'b1', 'c1'])
})

test('no owner has more than his places, though there are others', async () => {
  const { begun, take, end } = works(new Turns({ atOnce: 5, ofOne: 2 }))
  for (const name of ['a1', 'a2', 'a3']) take('a', name)
  take('b', 'b1')
  await end('nothing')
  assert.deepEqual(begun, ['a1', 'a2', 'b1'])
  await end('a2')
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'a3'])
})

/** Ten owners with hundreds of pieces of a second each, on a clock that only they move. */
async function storm(options: { atOnce: number; kept?: number }) {
  let now = 0
  const turns = new Turns({ ...options, ofOne: 2, now: () => now })
  const all = works(turns)
  const names = Array.from({ length: 400 }, (_, at) => `${at % 10} ${at}`)
  for (const name of names) all.take(name.slice(0, 1), name)
  await all.end('nothing')
  let ended = 0
  const goOn = async (pieces: number) => {
    for (let piece = 0; piece < pieces; piece++) {
      now += 1000
      await all.end(all.begun[ended++] ?? '')
    }
  }
  await goOn(60)
  return { ...all, goOn, tick: (milliseconds: number) => (now += milliseconds) }
}

test('an owner with one piece of work waits for no other to begin, however many have how much to do', async () => {
  const { begun, take, goOn } = await storm({ atOnce: 3 })
  const before = begun.length
  take('seldom', 'mine')
  await goOn(1)
  assert.deepEqual(begun.slice(before, before + 1), ['mine'])
})

test('a place that is kept for who had little of late is free for him at once, and for no other', async () => {
  const { begun, take, end, goOn } = await storm({ atOnce: 3, kept: 1 })
  take('seldom', 'mine')
  await end('nothing')
  assert.equal(begun.at(-1), 'mine')
  const before = begun.length
  await end('mine')
  assert.equal(begun.length, before, 'none of those who had much takes it')
  await goOn(1)
  assert.equal(begun.length, before + 1, 'they go on in their own')
})

test('who had much is not passed over for ever by others who had nothing yet', async () => {
  const { begun, take, end, tick } = works1()
  take('much', 'first')
  tick(100_000)
  await end('first')
  take('new 0', 'new 0')
  take('much', 'mine')
  let others = 0
  for (; others < 1000 && !begun.includes('mine'); others++) {
    take(`new ${others + 1}`, `new ${others + 1}`)
    tick(1000)
    await end(`new ${others}`)
  }
  assert.ok(others > 5 && others < 200, `${others} others began before`)
})

function works1() {
  let now = 0
  const turns = new Turns({ atOnce: 1, now: () => now })
  return { ...works(turns), tick: (milliseconds: number) => (now += milliseconds) }
}

test('the owners share places by time, not by pieces', async () => {
  let now = 0
  const turns = new Turns({ atOnce: 1, now: () => now })
  const { begun, take, end } = works(turns)
  for (let at = 0; at < 100; at++) take('long', `long ${at}`)
  for (let at = 0; at < 100; at++) take('short', `short ${at}`)
  const had = { long: 0, short: 0 }
  for (let at = 0; at < 60; at++) {
    const name = begun.at(-1) ?? ''
    const owner = name.startsWith('long') ? 'long' : 'short'
    const time = owner === 'long' ? 1000 : 100
    now += time
    had[owner] += time
    await end(name)
  }
  assert.ok(had.long < 2 * had.short + 1000 && had.short < 2 * had.long, JSON.stringify(had))
})

test('those who do much have a share together: one at a time, and a rest after it; no other is held back by that', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  const binds = (name: string) => name !== 'operator'
  const turns = new Turns({ atOnce: 4, now: () => now, often: { atOnce: 1, rest: 3, binds } })
  const { begun, take, end } = works(turns)
  const pass = async (milliseconds: number) => {
    now += milliseconds
    context.mock.timers.tick(milliseconds)
    await end('nothing')
  }
  const owners = ['a', 'b', 'operator']
  for (const owner of owners) take(owner, `${owner}1`)
  await pass(2000)
  for (const owner of owners) await end(`${owner}1`)
  begun.length = 0
  for (const owner of owners) for (const piece of [2, 3]) take(owner, `${owner}${piece}`)
  await pass(0)
  assert.deepEqual(begun.toSorted(), ['a2', 'operator2', 'operator3'], 'one of those who are bound')
  await pass(100)
  await end('a2')
  take('seldom', 'seldom1')
  await pass(0)
  assert.equal(begun.at(-1), 'seldom1')
  await pass(299)
  assert.equal(begun.length, 4)
  await pass(1)
  assert.equal(begun.at(-1), 'b2')
  await pass(5000)
  await end('b2')
  await pass(1999)
  assert.equal(begun.length, 5)
  await pass(1)
  assert.equal(begun.at(-1), 'a3', 'nobody rests for longer than two seconds')
})

test('work that fails gives its place on, and what is at rest is said to be', async () => {
  const turns = new Turns({ atOnce: 1, ofOne: 1 })
  assert.ok(turns.idle)
  const failing = turns.take('a', () => Promise.reject(new Error('no')))
  const next = turns.take('b', async () => 'yes')
  assert.ok(!turns.idle)
  await assert.rejects(failing, /^Error: no$/)
  assert.equal(await next, 'yes')
  assert.ok(turns.idle)
})
