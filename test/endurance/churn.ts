import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { Pointsman } from '../kit/pointsman.ts'
import { echoServer, type TestServer } from '../kit/sockets.ts'
import { until, within } from '../kit/wait.ts'
import { HostKiller } from './attackers.ts'
import { MIB, openDescriptors, residentBytes } from './proc.ts'

export interface ChurnOptions {
  readonly connections: number
  readonly atOnce: number
  /** Connections between two SIGKILLs of a sandbox host. */
  readonly killEvery: number
}

const ROUTERS = ['one', 'two'] as const

/** Short connections through two routers while hosts are recycled. Asserts that nothing of them stays behind. */
export async function churn(t: TestContext, options: ChurnOptions): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const upstreams = await Promise.all(ROUTERS.map(echoServer))
  for (const upstream of upstreams) stack.use(upstream)
  const routers = Object.fromEntries(ROUTERS.map((name, index) => [name, route(upstreams[index])]))
  const pointsman = stack.use(await Pointsman.start({ routers }))
  const ports = await Promise.all(ROUTERS.map((name) => pointsman.served(name)))
  const [worker = -1] = pointsman.workerPids
  const killer = new HostKiller(pointsman)
  const records = new Records(pointsman)

  const half = { ...options, connections: options.connections / 2 }
  const started = performance.now()
  await visits(ports, half, killer)
  await records.reach(half.connections)
  const middle = await settled(worker, pointsman)
  await visits(ports, half, killer)
  const seconds = (performance.now() - started) / 1000
  await records.reach(options.connections)
  const after = await settled(worker, pointsman)
  t.diagnostic(
    `${options.connections} connections in ${seconds.toFixed(1)} s, ${killer.killed.length} hosts killed; descriptors ` +
      `${middle.descriptors} → ${after.descriptors}, memory ${middle.mebibytes} → ${after.mebibytes} MiB`,
  )
  assert.deepEqual(records.odd, [])
  assert.equal(records.ids.size, options.connections)
  assert.equal(after.descriptors, middle.descriptors)
  assert.ok(after.mebibytes - middle.mebibytes < 48, 'the memory does not settle')
  assert.deepEqual(pointsman.workerPids, [worker])
}

function route(upstream: TestServer | undefined): string {
  return `import { defineRouter } from 'router-sdk'
export default defineRouter({
  listen: { port: 0, host: '127.0.0.1' },
  route: (conn) => (conn.bytes.length === 0 ? { noop: true } : { remote: '${upstream?.remote}' }),
})
`
}

/** The access records, read once each so that a million can be counted. */
class Records {
  readonly ids = new Set<unknown>()
  /** Those that are not of an ordinary connection. */
  readonly odd: unknown[] = []
  readonly #pointsman: Pointsman

  constructor(pointsman: Pointsman) {
    this.#pointsman = pointsman
  }

  async reach(count: number): Promise<void> {
    await until(
      `${count} access records`,
      () => {
        this.#read()
        return this.ids.size >= count ? true : undefined
      },
      () => ({ records: this.ids.size, odd: this.odd.slice(0, 5) }),
    )
  }

  #read(): void {
    for (const line of this.#pointsman.lines.splice(0)) {
      if (line.msg !== 'connection') continue
      const ordinary = line.reason === 'client-end' && line.bytesUp === 4 && line.bytesDown === 8
      if (!ordinary || this.ids.has(line.id)) this.odd.push(line)
      this.ids.add(line.id)
    }
  }
}

async function visits(ports: readonly number[], options: ChurnOptions, killer: HostKiller): Promise<void> {
  let begun = 0
  const visitor = async () => {
    while (begun < options.connections) {
      const number = begun++
      if (number % options.killEvery === options.killEvery - 1) void killer.strikeAfter(0)
      const which = number % ports.length
      await visit(ports[which] ?? 0, `${ROUTERS[which]}:ping`)
    }
  }
  await Promise.all(Array.from({ length: options.atOnce }, visitor))
}

/** One short connection, which must be answered and then end in order. */
async function visit(port: number, expected: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let got = ''
  socket.on('data', (bytes: Buffer) => {
    got += bytes.toString('latin1')
    if (got.length === expected.length) socket.end()
  })
  socket.write('ping')
  await within(`a connection that has ${JSON.stringify(got)}`, once(socket, 'end'))
  socket.destroy()
  assert.equal(got, expected)
}

/** What the worker holds when it has nothing to do and all of its hosts, the channel to each of them aside. */
async function settled(worker: number, pointsman: Pointsman): Promise<{ descriptors: number; mebibytes: number }> {
  let last = -1
  let since = performance.now()
  const descriptors = await until(
    'the descriptors to stay as they are',
    () => {
      const hosts = pointsman.hostPids.length // two, and a penalty host that stays for a while
      const open = hosts >= 2 ? openDescriptors(worker) - hosts : -1
      if (open !== last || open === -1) since = performance.now()
      last = open
      return performance.now() - since > 500 ? open : undefined
    },
    () => ({ open: last, hosts: pointsman.hostPids }),
  )
  return { descriptors, mebibytes: Math.round(residentBytes(worker) / MIB) }
}
