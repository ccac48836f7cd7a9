import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from '../../src/supervisor/turns.ts'

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
  const { begun, take, end } = works(new Turns({ atOnce: 2, ofOne: 2 }))
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

test('work that fails gives its place on', async () => {
  const turns = new Turns({ atOnce: 1, ofOne: 1 })
  const failing = turns.take('a', () => Promise.reject(new Error('no')))
  const next = turns.take('b', async () => 'yes')
  await assert.rejects(failing, /^Error: no$/)
  assert.equal(await next, 'yes')
})
