import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FairQueue, type Queued } from '../../sdk/src/sandbox/fair-queue.ts'

interface Item extends Queued {
  readonly name: string
}

let clock = 0
const item = (tenant: string, name = '', likely = 1): Item => ({ tenant, name, likely, since: ++clock })
const anybody = (): boolean => true

/** Takes what is next and settles it with what `cost` says. */
function run(queue: FairQueue<Item>, times: number, cost: (item: Item) => number): Item[] {
  return Array.from({ length: times }, () => {
    const next = queue.next(anybody)
    assert.ok(next)
    queue.take(next.tenant)
    queue.settle(next.tenant, next.likely, cost(next))
    return next
  })
}

test('a tenant’s own questions keep their order, and one that comes back stands where it stood', () => {
  const queue = new FairQueue<Item>()
  const [first, second, third] = [item('a', '1'), item('a', '2'), item('a', '3')]
  queue.push(first)
  queue.push(third)
  queue.push(second)
  assert.deepEqual(
    run(queue, 3, () => 1).map(({ name }) => name),
    ['1', '2', '3'],
  )
  assert.equal(queue.size, 0)
})

test('tenants get equal CPU time, however much each of their questions takes', () => {
  const queue = new FairQueue<Item>()
  for (let n = 0; n < 1000; n++) for (const tenant of ['cheap', 'dear']) queue.push(item(tenant))
  const order = run(queue, 600, ({ tenant }) => (tenant === 'dear' ? 10 : 1))
  const dear = order.filter(({ tenant }) => tenant === 'dear').length
  assert.ok(dear > 50 && dear < 60, `${dear} of 600 where one costs as much as ten of the others`)
})

test('one that was away has saved up nothing, and waits for at most one question of another', () => {
  const queue = new FairQueue<Item>()
  for (let n = 0; n < 500; n++) queue.push(item('busy'))
  run(queue, 200, () => 10)
  for (let n = 0; n < 100; n++) queue.push(item('back'))
  const order = run(queue, 40, () => 10).map(({ tenant }) => tenant)
  assert.ok(order.indexOf('back') <= 1, order.join())
  const back = order.filter((tenant) => tenant === 'back').length
  assert.ok(back >= 18 && back <= 22, `${back} of 40`)
})

test('those who may not go are passed over, and lose nothing by it', () => {
  const queue = new FairQueue<Item>()
  queue.push(item('barred'))
  queue.push(item('free'))
  assert.equal(queue.next(({ tenant }) => tenant !== 'barred')?.tenant, 'free')
  queue.take('free')
  assert.equal(queue.next(anybody)?.tenant, 'barred')
  assert.deepEqual([...queue.tenants()], ['barred'])
})

test('what has waited too long is taken out, and nothing else', () => {
  const queue = new FairQueue<Item>()
  queue.push(item('a', 'old'))
  queue.push(item('b', 'old'))
  const since = clock + 1
  queue.push(item('a', 'new'))
  assert.deepEqual(
    queue.expire(since).map(({ tenant, name }) => tenant + name),
    ['aold', 'bold'],
  )
  assert.deepEqual([queue.size, queue.next(anybody)?.name], [1, 'new'])
})

test('whatever comes and goes, every question is taken once, and no backlogged tenant falls behind', () => {
  const tenants = fc.constantFrom('a', 'b', 'c')
  const step = fc.record({ tenant: tenants, cost: fc.nat({ max: 20 }), take: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new FairQueue<Item>()
      const seen: Item[] = []
      let pushed = 0
      for (const { tenant, cost, take } of steps) {
        queue.push(item(tenant))
        pushed += 1
        if (take) seen.push(...run(queue, 1, () => cost))
      }
      seen.push(...run(queue, queue.size, () => 5))
      assert.equal(new Set(seen).size, pushed)
      for (const tenant of ['a', 'b', 'c']) {
        const order = seen.filter((one) => one.tenant === tenant).map(({ since }) => since)
        assert.deepEqual(
          order,
          order.toSorted((one, other) => one - other),
        )
      }
    }),
  )
})

test('of those who come back together, the one that had the least of late goes first, whoever came first', () => {
  let now = 0
  const queue = new FairQueue<Item>(() => now)
  const back = (...tenants: string[]): string[] => {
    for (const tenant of tenants) queue.push(item(tenant))
    return run(queue, tenants.length, ({ tenant }) => (tenant === 'much' ? 5 : 0.05)).map(({ tenant }) => tenant)
  }
  assert.deepEqual(back('much', 'little'), ['much', 'little'], 'nobody knows them yet')
  now += 100
  assert.deepEqual(back('much', 'new', 'little'), ['new', 'little', 'much'])
  now += 60_000
  assert.deepEqual(back('much', 'little'), ['much', 'little'], 'forgotten')
})
