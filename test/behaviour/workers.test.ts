import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { commandLine, kill, Pointsman } from '../kit/pointsman.ts'
import { Client, echoServer, exchange, type TestServer } from '../kit/sockets.ts'
import { ofThreads } from '../kit/threads.ts'
import { until } from '../kit/wait.ts'
import { descendants, gone, runs } from './processes.ts'
import { dictate, puppet } from './puppet.ts'

let echo: TestServer
let p: Pointsman

const SAYS = (word: string) => `import { defineRouter } from 'router-sdk'
export default defineRouter({ route: () => ({ close: '${word}' }) })
`

before(async () => {
  echo = await echoServer('a')
  p = await Pointsman.start({
    routers: { one: SAYS('one'), two: SAYS('two'), puppet: puppet() },
    config: { workers: 2 },
  })
  await p.line('the start', ({ msg }) => msg === 'pointsman serves')
})

after(async () => {
  await p?.stop()
  await echo?.[Symbol.asyncDispose]()
})

/** Nanoseconds: the shorter come first when both want the processor. */
const SLICES = { worker: 500_000, host: 100_000 } as const

/** Of the first thread of a process; `undefined` where the kernel has no slices (before 6.12), or does not show them. */
function sliceOf(pid: number): number | undefined {
  const file = `/proc/${pid}/sched`
  const slice = existsSync(file) ? /^se\.slice\s*:\s*(\d+)$/m.exec(readFileSync(file, 'latin1'))?.[1] : undefined
  return slice === undefined ? undefined : Number(slice)
}

/** Which workers have answered `count` connections to `router`, all of them with `answer`. */
async function answering(router: string, answer: string, count = 40): Promise<Set<unknown>> {
  const port = await p.served(router)
  const workers = new Set<unknown>()
  for (let at = 0; at < count; at++) {
    const client = await Client.connect(port)
    assert.equal(await client.write('x').end().rest(), answer)
    workers.add((await p.record(client)).worker)
  }
  return workers
}

/** `count` relayed connections. */
async function relayed(at: Pointsman, count: number): Promise<Client[]> {
  const port = await at.served('puppet')
  const clients = Array.from({ length: count }, async () => {
    const client = await dictate(port, { remote: echo.remote, data: '', reply: 'go ' })
    await client.receives(/go /)
    return client
  })
  return Promise.all(clients)
}

async function ping(client: Client): Promise<void> {
  const { length } = client.text
  client.write('ping')
  await client.receives((text) => text.length >= length + 4)
}

/** What the process list shows of the supervisor and its workers, once all of it `matches`. */
async function titled(at: Pointsman, matches: RegExp): Promise<string> {
  const titles = () => [at.pid, ...at.workerPids].map(commandLine).join('\n')
  return until(String(matches), () => (matches.test(titles()) ? titles() : undefined), titles)
}

describe('two workers', () => {
  it('both accept, for every router', async () => {
    assert.equal(p.workerPids.length, 2)
    assert.deepEqual(await answering('one', 'one'), new Set([0, 1]))
    assert.deepEqual(await answering('two', 'two'), new Set([0, 1]))
  })

  it('come before what the supervisor does beside: its threads are nicer than its first, and than workers', {
    skip: process.platform !== 'linux' && 'threads have a niceness on Linux',
  }, () => {
    const threads = ofThreads(p.pid, (thread) => getPriority(thread))
    const helping = threads.filter(({ name }) => /^(libuv-worker|node-V8Worker)$/.test(name))
    assert.ok(helping.length > 4, JSON.stringify(threads))
    assert.deepEqual(new Set(helping.map(({ found }) => found)), new Set([10]), JSON.stringify(threads))
    for (const pid of [p.pid, ...p.workerPids]) assert.equal(getPriority(pid), getPriority())
  })

  it('come before their own threads that help them', {
    skip: process.platform !== 'linux' && 'threads have a niceness on Linux',
  }, () => {
    for (const pid of p.workerPids) {
      const threads = ofThreads(pid, (thread) => getPriority(thread))
      const helping = threads.filter(({ name }) => name === 'node-V8Worker')
      assert.ok(helping.length > 0, JSON.stringify(threads))
      assert.deepEqual(new Set(helping.map(({ found }) => found)), new Set([10]), JSON.stringify(threads))
    }
  })

  it('have a table for as many descriptors as they may have: the kernel lets none wait while it makes a larger one', {
    skip: process.platform !== 'linux' && 'the table can be seen on Linux',
  }, () => {
    for (const pid of p.workerPids) {
      const size = Number(/^FDSize:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
      const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1])
      assert.ok(size >= Math.min(limit, 131_072), `a table of ${size} where ${limit} may be open`)
    }
  })

  it('ask for the processor in short slices, as does a host that serves, and no spare', {
    skip: sliceOf(process.pid) === undefined && 'this kernel has no slices, or does not show them',
  }, () => {
    assert.ok((sliceOf(p.pid) ?? 0) > SLICES.worker)
    for (const worker of p.workerPids) {
      assert.equal(sliceOf(worker), SLICES.worker)
      const hosts = descendants(worker).filter((pid) => commandLine(pid).includes('host.cjs'))
      assert.equal(hosts.length, 2)
      assert.equal(hosts.filter((pid) => sliceOf(pid) === SLICES.host).length, 1)
    }
  })

  it('both switch to a new version', async () => {
    p.write('one', SAYS('new one'))
    await p.served('one', 2)
    assert.deepEqual(await answering('one', 'new one'), new Set([0, 1]))
  })

  it('of which one is killed: the other goes on, and it comes back with every router', async () => {
    const clients = await relayed(p, 24)
    const [victim = -1, other = -1] = p.workerPids
    const hosts = p.hostPids
    kill(victim)
    await p.line('its loss', ({ msg }) => msg === 'worker lost; it is started again')
    const lost = await Promise.all(
      clients.map((client) =>
        Promise.race([client.closed(), ping(client)]).then(
          () => client.ended || client.error !== undefined,
          () => true,
        ),
      ),
    )
    const survivors = clients.filter((_, at) => !lost[at])
    assert.ok(survivors.length > 0 && survivors.length < clients.length, `${survivors.length} of 24 go on`)
    await p.line('its return', ({ msg }) => msg === 'worker started again')
    assert.equal(p.workerPids.length, 2)
    assert.ok(p.workerPids.includes(other))
    assert.deepEqual(await answering('one', 'new one'), new Set([0, 1]))
    assert.deepEqual(await answering('two', 'two'), new Set([0, 1]))
    for (const client of survivors) await ping(client)
    for (const client of clients) client.destroy()
    await until(
      'the hosts of the killed worker to end',
      () => hosts.filter(runs).length === hosts.length / 2 || undefined,
      () => hosts.filter(runs),
    )
    assert.equal(p.hostPids.length, 4)
  })

  it('of which one hangs: it is replaced, and a new version waits for it no longer than that', async () => {
    const [victim = -1, other = -1] = p.workerPids
    const before = p.lines.length
    process.kill(victim, 'SIGSTOP')
    p.write('two', SAYS('new two'))
    const { why } = await p.line('its loss', ({ msg }) => msg === 'worker lost; it is started again', before)
    assert.equal(why, 'no sign of life for 10000 ms: killed')
    await p.served('two', 2)
    await p.line('its return', ({ msg }) => msg === 'worker started again', before)
    assert.deepEqual([p.workerPids.includes(victim), p.workerPids.includes(other)], [false, true])
    assert.deepEqual(await answering('two', 'new two'), new Set([0, 1]))
  })
})

describe('the process list', () => {
  it('shows the name, where it listens and how many connections there are, were at most, and were in all', async () => {
    await using alone = await Pointsman.start({ routers: { puppet: puppet() } })
    const port = await alone.served('puppet')
    const at = `127\\.0\\.0\\.1:${port}`
    await titled(alone, new RegExp(`^pointsman .*routers ${at}`))
    const [one, two] = await relayed(alone, 2)
    await titled(alone, /^pointsman .*2\/2\/2/)
    one?.end()
    await titled(alone, /^pointsman .*1\/2\/2/)
    two?.end()
    const [third] = await relayed(alone, 1)
    const titles = await titled(alone, /^pointsman .*1\/2\/3.*\n.*1\/2\/3/)
    const [supervisor = '', worker = ''] = titles.split('\n')
    assert.match(supervisor, new RegExp(`^pointsman [0-9.]+ - routers ${at} - 1/2/3 cur/max/tot conns`))
    assert.match(worker, new RegExp(`^pointsman worker 0 - puppet ${at} - 1/2/3 cur/max/tot conns`))
    third?.destroy()
  })
})

describe('a supervisor that is killed', () => {
  it('leaves connections flowing until they end, accepts no more, and leaves no process behind', async () => {
    await using orphan = await Pointsman.start({ routers: { puppet: puppet() }, config: { workers: 2 } })
    await orphan.line('the start', ({ msg }) => msg === 'pointsman serves')
    const port = await orphan.served('puppet')
    const clients = await relayed(orphan, 6)
    const pids = descendants(orphan.pid)
    assert.ok(pids.length >= 6, 'two workers, and a host and a spare of each')
    kill(orphan.pid)
    await orphan.exited()
    await until('new connections to be refused', () =>
      exchange(port, 'x').then(
        () => undefined,
        () => true,
      ),
    )
    for (const client of clients) await ping(client)
    for (const client of clients) client.end()
    await gone(pids, 8000)
    for (const client of clients) assert.equal((await orphan.record(client)).reason, 'client-end')
    assert.deepEqual(orphan.stderr, [])
  })
})
