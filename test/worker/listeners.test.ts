import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Transport } from '../../src/transport/transport.ts'
import { Listener } from '../../src/worker/listener.ts'
import { Listeners } from '../../src/worker/listeners.ts'

const ADDRESS = { host: '127.0.0.1', port: 443, hosts: undefined }
const ELSEWHERE = { ...ADDRESS, port: 444 }

/** Listeners whose addresses are bound when the test says so. */
function slowListeners() {
  const bound: { port: number; done: (error?: Error) => void }[] = []
  const open = new Set<number>()
  const transport: Transport = {
    name: 'net',
    connect: () => {
      throw new Error('nobody connects here')
    },
    listen: ({ port }) => {
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Transport['listen']>>>()
      const listener = { port, onError: undefined, pause() {}, resume() {}, close: () => void open.delete(port) }
      bound.push({
        port,
        done: (error) => {
          if (error !== undefined) return reject(error)
          open.add(port)
          resolve(listener)
        },
      })
      return promise
    },
  }
  const listeners = new Listeners((address) =>
    Listener.open(
      transport,
      { ...address, reusePort: true },
      () => {},
      () => {},
    ),
  )
  return { listeners, bound, open }
}

test('routers that want an address at the same moment share one listener, which closes with the last of them', async () => {
  const { listeners, bound, open } = slowListeners()
  const both = [listeners.reserve(ADDRESS), listeners.reserve(ADDRESS)]
  assert.equal(bound.length, 1)
  bound[0]?.done()
  const [a, b] = await Promise.all(both)
  a?.give('a', ['a.example'])
  a?.release()
  listeners.retire('a')
  assert.deepEqual([...open], [443], 'b is about to have it')
  b?.give('b', undefined)
  b?.release()
  b?.release()
  assert.deepEqual(
    listeners.all.map(({ routers }) => routers.fallback),
    ['b'],
  )
  listeners.retire('b')
  assert.deepEqual([[...open], listeners.all], [[], []])
})

test('an address that cannot be bound is refused to all that wait for it, and can be had later', async () => {
  const { listeners, bound } = slowListeners()
  const both = [listeners.reserve(ADDRESS), listeners.reserve(ADDRESS)]
  bound[0]?.done(new Error('no'))
  assert.deepEqual(
    (await Promise.allSettled(both)).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  const later = listeners.reserve(ADDRESS)
  bound[1]?.done()
  ;(await later).release()
  assert.deepEqual(listeners.all, [], 'released without being given')
})

test('a router that moves leaves the old address to those who stay', async () => {
  const { listeners, bound, open } = slowListeners()
  const give = async (router: string, address: typeof ADDRESS) => {
    const reserving = listeners.reserve(address)
    bound.at(-1)?.done()
    const place = await reserving
    place.give(router, [`${router}.example`])
    place.release()
  }
  await give('a', ADDRESS)
  await give('b', ADDRESS)
  await give('a', ELSEWHERE)
  assert.deepEqual(
    listeners.all.map(({ name, routers }) => [name, routers.routers]),
    [
      ['127.0.0.1:443', ['b']],
      ['127.0.0.1:444', ['a']],
    ],
  )
  await give('b', ELSEWHERE)
  assert.deepEqual([...open], [444])
})
