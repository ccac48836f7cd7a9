import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Pointsman } from '../kit/pointsman.ts'
import { within } from '../kit/wait.ts'
import { MIB, mostDescriptors, residentBytes } from './proc.ts'

const PEERS = fileURLToPath(new URL('./idle-peers.ts', import.meta.url))
const CONNECTIONS = 5000
/** Two for each connection in the worker, and what it holds besides. */
const DESCRIPTORS = 2 * CONNECTIONS + 1000
const PATIENCE = 60_000

test('5,000 idle connections are held, at a known price, and all of them still relay afterwards', async (t) => {
  if (mostDescriptors() < DESCRIPTORS && process.getuid?.() !== 0)
    return t.skip(`needs ${DESCRIPTORS} descriptors; the hard limit is ${mostDescriptors()}`)
  await using stack = new AsyncDisposableStack()
  const peers = (...words: (string | number)[]) => {
    const child = fork(PEERS, words.map(String))
    stack.defer(() => void child.kill('SIGKILL'))
    return child
  }
  const upstream = peers()
  const { port } = await said(upstream)
  const pointsman = stack.use(
    await Pointsman.start({
      routers: { idle: route(`127.0.0.1:${port}`) },
      wrapper: ['prlimit', `--nofile=${DESCRIPTORS}`],
    }),
  )
  const router = await pointsman.served('idle')
  const [worker = -1] = pointsman.workerPids
  await said(peers(router, 100)) // what the first connections allocate is not the price of one

  const before = residentBytes(worker)
  const clients = peers(router, CONNECTIONS)
  assert.deepEqual(await said(clients), { open: CONNECTIONS })
  const each = (residentBytes(worker) - before) / CONNECTIONS
  t.diagnostic(
    `${(each / 1024).toFixed(1)} KiB of the worker's memory for each idle connection, ${(residentBytes(worker) / MIB).toFixed(0)} MiB in all`,
  )
  const relayed = said(clients)
  clients.send('relay')
  assert.deepEqual(await relayed, { relayed: CONNECTIONS })
  assert.deepEqual(pointsman.workerPids, [worker])
})

function route(remote: string): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { remote: '${remote}' }),
})
`
}

/** The next message of a process of peers. */
async function said(peers: ChildProcess): Promise<Record<string, number>> {
  const [message] = await within('a message of the peers', once(peers, 'message'), PATIENCE)
  return Object.fromEntries(Object.entries(message ?? {}).map(([key, value]) => [key, Number(value)]))
}
