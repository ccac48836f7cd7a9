import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { kill, Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer } from '../kit/sockets.ts'
import { until } from '../kit/wait.ts'
import { openDescriptors } from './proc.ts'

function route(remote: string): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { remote: '${remote}' }),
})
`
}

/** A client that is in the kernel's queue or beyond: it has said `hello` and may or may not be answered. */
async function hello(port: number): Promise<Client> {
  const client = await Client.connect(port)
  return client.write('hello')
}

const answered = (clients: readonly Client[]) => clients.filter(({ text }) => text === 'up:hello').length
const harmed = (clients: readonly Client[]) => clients.filter(({ ended, error }) => ended || error !== undefined)

/** Resolves when `count` of the clients have been answered. */
async function answers(clients: readonly Client[], count: number): Promise<void> {
  await until(
    `${count} of ${clients.length} clients to be answered`,
    () => (answered(clients) >= count ? true : undefined),
    () => `${answered(clients)}, harmed: ${harmed(clients).length}`,
  )
}

async function relaysStill(clients: readonly Client[]): Promise<void> {
  for (const client of clients) client.write('again')
  await Promise.all(clients.map((client) => client.receives(/again$/)))
}

/** Lowers the soft limit of a living process, as pressure from outside would. */
function limitDescriptors(pid: number, limit: number | string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`])
}

test('without descriptors accepts pause, waiting clients are served as others leave, and no connection is harmed', async () => {
  await using upstream = await echoServer('up')
  await using pointsman = await Pointsman.start({
    routers: { r: route(upstream.remote) },
    wrapper: ['prlimit', '--nofile=164'],
  })
  const port = await pointsman.served('r')
  const workers = pointsman.workerPids
  const most = 50 // (164 − 64 reserved) ÷ 2
  const clients = await Promise.all(Array.from({ length: 120 }, () => hello(port)))
  await answers(clients, most)
  await pointsman.line('the pause', ({ msg }) => msg === 'the limit of connections is reached: accepting pauses')
  for (let served = most; served < clients.length; served = answered(clients)) {
    const leaving = clients.filter(({ text, socket }) => text !== '' && !socket.destroyed).slice(0, 20)
    assert.deepEqual(harmed(clients.filter(({ socket }) => !socket.destroyed)), [])
    for (const client of leaving) client.destroy()
    // accepting goes on when a twentieth of the places is free: so many may stay free
    await answers(clients, Math.min(clients.length, served + leaving.length - Math.ceil(most / 20)))
  }
  await relaysStill(clients.filter(({ socket }) => !socket.destroyed))
  await pointsman.line('accepting', ({ msg }) => msg === 'accepting again')
  assert.deepEqual(pointsman.workerPids, workers)
  for (const client of clients) client.destroy()
})

/** What the log says when descriptors are used up although there are fewer connections than may be. */
const RUN_OUT = 'descriptors have run out below the limit of connections: accepting pauses'

for (const [left, what] of [
  [6, 'few descriptors are'],
  [0, 'no descriptor is'],
] as const)
  test(`when ${what} left by pressure from outside, nothing crashes, no connection is harmed, and service returns by itself`, async () => {
    await using upstream = await echoServer('up')
    await using pointsman = await Pointsman.start({ routers: { r: route(upstream.remote) } })
    const port = await pointsman.served('r')
    const workers = pointsman.workerPids
    const [worker = -1] = workers
    const before = await Promise.all(Array.from({ length: 20 }, () => hello(port)))
    await answers(before, before.length)

    limitDescriptors(worker, left === 0 ? 3 : openDescriptors(worker) + left)
    if (left === 0) await pointsman.line('a warning', ({ msg }) => msg === RUN_OUT)
    const during = await Promise.all(Array.from({ length: 30 }, () => hello(port)))
    await pointsman.line('a warning', ({ msg }) => msg === RUN_OUT)
    await relaysStill(before)

    limitDescriptors(worker, 4096)
    await answers(during, during.length)
    await pointsman.line('accepting', ({ msg }) => msg === 'accepting again')
    await relaysStill([...before, ...during])
    assert.deepEqual(pointsman.workerPids, workers)
    for (const client of [...before, ...during]) client.destroy()
  })

test('clients that come at the very moment in which descriptors run out may be refused; the next ones wait and are served', async (t) => {
  await using upstream = await echoServer('up')
  await using pointsman = await Pointsman.start({ routers: { r: route(upstream.remote) } })
  const port = await pointsman.served('r')
  const workers = pointsman.workerPids
  const [worker = -1] = workers
  limitDescriptors(worker, 3)
  const during = await Promise.all(Array.from({ length: 30 }, () => hello(port)))
  await pointsman.line('a warning', ({ msg }) => msg === RUN_OUT)
  const waiting = await Promise.all(Array.from({ length: 30 }, () => hello(port)))
  limitDescriptors(worker, 4096)
  await answers(waiting, waiting.length)
  await until('every client to know', () => (answered(during) + harmed(during).length === 30 ? true : undefined))
  t.diagnostic(`of 30 clients ${answered(during)} were served later and ${harmed(during).length} refused`)
  assert.deepEqual(pointsman.workerPids, workers)
  for (const client of [...during, ...waiting]) client.destroy()
})

test('a sandbox host that is lost when there is no descriptor for a new one comes back later', async () => {
  await using upstream = await echoServer('up')
  await using pointsman = await Pointsman.start({ routers: { r: route(upstream.remote) } })
  const port = await pointsman.served('r')
  const workers = pointsman.workerPids
  const [worker = -1] = workers
  const before = await hello(port)
  await answers([before], 1)
  limitDescriptors(worker, openDescriptors(worker) - 4)
  for (const pid of pointsman.hostPids) kill(pid)
  await until('no sandbox host', () => (pointsman.hostPids.length === 0 ? true : undefined))
  await relaysStill([before])
  limitDescriptors(worker, 4096)
  await until('new sandbox hosts', () => (pointsman.hostPids.length === 2 ? true : undefined))
  const after = await hello(port)
  await answers([after], 1)
  assert.deepEqual(pointsman.workerPids, workers)
  for (const client of [before, after]) client.destroy()
})
